package io.latchkey;

/**
 * What a store counted since it was built: things that no caller sees, or that somebody who watches
 * over a service wants to see grow. A snapshot, immutable.
 *
 * @param unreadable reads that found bytes which are no session, whatever the {@link
 *     UnreadablePolicy}
 * @param failedTouches accesses that could not be written down beside a read
 * @param conflicts saves that met somebody else's, whatever the {@link ConflictPolicy}
 * @param unreadableAttributes reads of an attribute that found it not to be readable as what it was
 *     stored as, because its class is gone, is not allowed or does not fit any more
 * @param brokenConnections connections to the server that were closed because an answer did not
 *     belong to its request, because an error such as {@link OutOfMemoryError} struck while one was
 *     read or a command was written, or because one was too large to be read; always 0 for a store
 *     in memory
 */
public record SessionStoreStats(
    long unreadable,
    long failedTouches,
    long conflicts,
    long unreadableAttributes,
    long brokenConnections) {}
