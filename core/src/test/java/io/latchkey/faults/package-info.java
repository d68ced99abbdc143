/**
 * Stores under a steady load while their servers die, hang, fill up or move, with an account of
 * every change that was acknowledged.
 */
@NullMarked
package io.latchkey.faults;

import org.jspecify.annotations.NullMarked;
