package io.latchkey.internal;

/**
 * The secret that a session had before its last renewal. Until the end of the grace it opens the
 * session as the present one does.
 *
 * @param digest its digest
 * @param until the end of the grace, epoch milliseconds
 * @param token the token of the save that replaced it, which names the salt
 */
public record FormerSecret(SecretDigest digest, long until, String token) {}
