/**
 * What was measured, as a page, charts and a table. {@link io.latchkey.benchmarks.report.Report} is
 * the command.
 */
@NullMarked
package io.latchkey.benchmarks.report;

import org.jspecify.annotations.NullMarked;
