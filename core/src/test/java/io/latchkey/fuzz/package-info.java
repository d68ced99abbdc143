/**
 * Fuzz tests. In each build they run on the seeds that they name and on the inputs below {@code
 * src/test/resources/io/latchkey/fuzz}; CONTRIBUTING.md tells how to run them at length.
 */
@NullMarked
package io.latchkey.fuzz;

import org.jspecify.annotations.NullMarked;
