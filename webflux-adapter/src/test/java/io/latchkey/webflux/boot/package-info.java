/** Latchkey in Spring Boot applications, against a real server. */
@NullMarked
package io.latchkey.webflux.boot;

import org.jspecify.annotations.NullMarked;
