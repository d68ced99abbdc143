/** A {@link io.latchkey.SessionStore} in memory, for tests and prototypes. */
@NullMarked
package io.latchkey.memory;

import org.jspecify.annotations.NullMarked;
