/**
 * The API of Latchkey: a {@link io.latchkey.SessionStore} keeps {@link io.latchkey.Session}s.
 *
 * <p>Start with {@code ValkeySessionStore.connect("valkey://localhost:6379")} of {@code
 * io.latchkey.valkey}, or with {@code MemorySessionStore.create()} of {@code io.latchkey.memory}
 * for tests and prototypes.
 */
@NullMarked
package io.latchkey;

import org.jspecify.annotations.NullMarked;
