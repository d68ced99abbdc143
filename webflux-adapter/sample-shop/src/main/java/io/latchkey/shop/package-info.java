/** A small shop, to see Latchkey at work and to try it against. */
@NullMarked
package io.latchkey.shop;

import org.jspecify.annotations.NullMarked;
