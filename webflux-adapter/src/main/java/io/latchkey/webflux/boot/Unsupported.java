package io.latchkey.webflux.boot;

/** What Boot can be told about a Redis, and Latchkey has no use for yet. */
final class Unsupported {
  private static final String OWN_SERVER =
      "Set latchkey.uri to the server for the sessions, such as valkey://localhost:6379.";

  private Unsupported() {}

  static LatchkeyStartException masterReplica() {
    return new LatchkeyStartException(
        "The properties or connection details of spring.data.redis name a masterreplica setup, and"
            + " Latchkey reads from primaries only as yet.",
        OWN_SERVER,
        null);
  }

  static LatchkeyStartException sslBundle(String source) {
    return new LatchkeyStartException(
        "An SSL bundle is set for the server of "
            + source
            + ", and Latchkey trusts the certificates of the JDK only as yet.",
        OWN_SERVER
            + " For TLS with a certificate that the JDK trusts, set it to valkeys://host:6379, or"
            + " set spring.data.redis.ssl.enabled=true without a bundle.",
        null);
  }
}
