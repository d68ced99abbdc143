/** What the tests of several packages share. */
@NullMarked
package io.latchkey.webflux.testing;

import org.jspecify.annotations.NullMarked;
