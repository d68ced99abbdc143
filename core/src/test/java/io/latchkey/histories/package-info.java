/**
 * Tries to refute what this library promises: no acknowledged change is lost, and no ended session
 * comes back, whatever runs at the same time and whatever breaks. See {@link
 * io.latchkey.histories.HistoriesTest}.
 */
@NullMarked
package io.latchkey.histories;

import org.jspecify.annotations.NullMarked;
