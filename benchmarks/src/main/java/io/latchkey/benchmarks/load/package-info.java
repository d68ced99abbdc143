/**
 * How long operations take while they arrive at a given rate, and at which rate a store saturates.
 * {@link io.latchkey.benchmarks.load.LoadRun} is the command.
 */
@NullMarked
package io.latchkey.benchmarks.load;

import org.jspecify.annotations.NullMarked;
