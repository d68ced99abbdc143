/** Attributes to bytes and back. Not exported: it knows Jackson, and no store. */
@NullMarked
package io.latchkey.codec;

import org.jspecify.annotations.NullMarked;
