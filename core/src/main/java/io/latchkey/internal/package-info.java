/**
 * What every store of ours has in common: ids, times, change tracking, and the engine that turns a
 * {@link io.latchkey.internal.SessionBackend} into a {@link io.latchkey.SessionStore}. Not
 * exported.
 */
@NullMarked
package io.latchkey.internal;

import org.jspecify.annotations.NullMarked;
