/**
 * Latchkey's sessions as the web sessions of a Spring WebFlux application: {@link
 * io.latchkey.webflux.LatchkeyWebSessionStore} over any {@link io.latchkey.SessionStore}.
 */
@NullMarked
package io.latchkey.webflux;

import org.jspecify.annotations.NullMarked;
