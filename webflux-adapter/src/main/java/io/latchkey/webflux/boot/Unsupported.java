package io.latchkey.webflux.boot;

/** What Boot can be told about a Redis, and Latchkey has no use for yet. */
final class Unsupported {
  private static final String OWN_SERVER =
      "Set latchkey.uri to the server for the sessions, such as valkey://localhost:6379.";

  private Unsupported() {}

  static LatchkeyStartException masterReplica() {
    return new LatchkeyStartException(
        "The properties or connection details of spring.data.redis name a masterreplica setup, and"
            + " Latchkey takes one server, and finds the replicas of that by itself.",
        "Set latchkey.uri to the primary, such as valkey://localhost:6379, and"
            + " latchkey.read-from-replicas=true to read from its replicas.",
        null);
  }

  static LatchkeyStartException sslOptions(String source) {
    return new LatchkeyStartException(
        "The SSL bundle for the server of the web sessions, of "
            + source
            + ", names ciphers or protocols, and Latchkey leaves these to the JDK as yet.",
        "Give the server a bundle without spring.ssl.bundle.*.options. To narrow down what the JDK"
            + " itself takes, set jdk.tls.client.protocols or jdk.tls.disabledAlgorithms. "
            + OWN_SERVER,
        null);
  }
}
