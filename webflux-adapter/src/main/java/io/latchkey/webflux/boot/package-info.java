/**
 * Latchkey in a Spring Boot application: with this on the class path, a reactive web application
 * keeps its sessions in Valkey. See {@link io.latchkey.webflux.boot.LatchkeyAutoConfiguration}.
 */
@NullMarked
package io.latchkey.webflux.boot;

import org.jspecify.annotations.NullMarked;
