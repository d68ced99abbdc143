/**
 * The migration that docs/webflux.md describes, followed word by word: the same tests run against
 * one application with Spring Session and with Latchkey.
 */
@NullMarked
package io.latchkey.migration;

import org.jspecify.annotations.NullMarked;
