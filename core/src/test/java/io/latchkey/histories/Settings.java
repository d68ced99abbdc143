package io.latchkey.histories;

import io.latchkey.ConflictPolicy;
import io.latchkey.valkey.Layout;

/**
 * The options of the stores of a history; all have the same, as instances of one service do.
 *
 * @param layout the layout
 * @param conflicts what a save does about somebody else's
 * @param stores how many stores there are, each behind a proxy of its own
 * @param clients how many clients there are, dealt out to the stores in turn
 * @param visitors how many sessions are in use at a time
 * @param connections how many connections each store opens
 * @param idleMillis the stores' idle timeout
 * @param touchMillis the touch interval
 * @param commandTimeoutMillis the command timeout
 * @param graceMillis the grace of each rotation that has one
 */
record Settings(
    Layout layout,
    ConflictPolicy conflicts,
    int stores,
    int clients,
    int visitors,
    int connections,
    long idleMillis,
    long touchMillis,
    long commandTimeoutMillis,
    long graceMillis) {}
