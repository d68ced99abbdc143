/**
 * Sessions in Valkey, or in Redis 6.2 and newer. {@link io.latchkey.valkey.ValkeySessionStore} is
 * where to start.
 */
@NullMarked
package io.latchkey.valkey;

import org.jspecify.annotations.NullMarked;
