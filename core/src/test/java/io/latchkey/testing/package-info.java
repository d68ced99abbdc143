/** What our own tests share and nobody else needs; not published. */
@NullMarked
package io.latchkey.testing;

import org.jspecify.annotations.NullMarked;
