/**
 * The contract test kit: what every {@link io.latchkey.SessionStore} promises, as tests.
 *
 * <p>Extend {@link io.latchkey.tck.SessionStoreContract} to check another store. {@link
 * io.latchkey.tck.ValkeyServer} gives a test a running server. Both need JUnit 6, AssertJ and
 * Reactor Test on the class path; Testcontainers and the embedded server are used where they are
 * there.
 */
@NullMarked
package io.latchkey.tck;

import org.jspecify.annotations.NullMarked;
