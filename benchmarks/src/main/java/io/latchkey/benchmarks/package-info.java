/**
 * What a session costs, measured with JMH. {@link io.latchkey.benchmarks.BenchStore} is one way to
 * keep sessions, {@link io.latchkey.benchmarks.StoreType} names them all.
 */
@NullMarked
package io.latchkey.benchmarks;

import org.jspecify.annotations.NullMarked;
