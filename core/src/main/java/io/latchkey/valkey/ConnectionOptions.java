package io.latchkey.valkey;

import io.latchkey.codec.SessionBounds;
import io.latchkey.valkey.ValkeyUri.Topology;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SslOptions;
import io.lettuce.core.resource.ClientResources;
import java.nio.file.Path;
import java.time.Duration;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** How a store is connected: what a URI cannot say. */
final class ConnectionOptions {
  private static final String DEFAULT_CLIENT_NAME = "latchkey";
  private static final int DEFAULT_MAX_ANSWER_SIZE = 64 << 20;
  private static final int MIN_MAX_ANSWER_SIZE = 64 << 10;
  private static final int MAX_MAX_ANSWER_SIZE = 512 << 20;

  private Credentials.@Nullable Provider credentials;
  private Credentials.@Nullable Provider sentinelCredentials;
  private @Nullable TrustManagerFactory trustCertificates;
  private @Nullable TrustManagerFactory trustManager;
  private @Nullable KeyManagerFactory clientCertificate;
  private @Nullable KeyManagerFactory keyManager;
  private @Nullable SNIHostName serverName;
  private String clientName = DEFAULT_CLIENT_NAME;
  private int maxAnswerSize = DEFAULT_MAX_ANSWER_SIZE;

  void credentials(Credentials.Provider provider) {
    credentials = provider;
  }

  void sentinelCredentials(Credentials.Provider provider) {
    sentinelCredentials = provider;
  }

  void trustCertificates(Path file) {
    trustCertificates = Pem.trust("trustCertificates", file);
  }

  void trustManager(TrustManagerFactory trust) {
    trustManager = trust;
  }

  void clientCertificate(Path certificate, Path key) {
    clientCertificate = Pem.identity("clientCertificate", certificate, key);
  }

  void keyManager(KeyManagerFactory keys) {
    keyManager = keys;
  }

  void serverName(String name) {
    try {
      serverName = new SNIHostName(name);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "serverName must be the name of a host, but was '" + name + "'");
    }
  }

  void clientName(String name) {
    if (!name.matches("[!-~]{1,64}")) {
      throw new IllegalArgumentException(
          "clientName must be 1 to 64 printable characters of ASCII without spaces, but was '"
              + name
              + "'");
    }
    clientName = name;
  }

  void maxAnswerSize(int bytes) {
    if (bytes < MIN_MAX_ANSWER_SIZE || bytes > MAX_MAX_ANSWER_SIZE) {
      throw new IllegalArgumentException(
          "maxAnswerSize must be from "
              + MIN_MAX_ANSWER_SIZE
              + " to "
              + MAX_MAX_ANSWER_SIZE
              + " bytes, was "
              + bytes);
    }
    maxAnswerSize = bytes;
  }

  /** Refuses a bound on answers that a session within its own bounds does not fit into. */
  void checkAnswersOf(SessionBounds bounds) {
    if (maxAnswerSize < bounds.largestStored()) {
      throw new IllegalArgumentException(
          "maxAnswerSize must be at least "
              + bounds.largestStored()
              + " bytes for sessions of maxSessionSize and maxAttributes, was "
              + maxAnswerSize
              + ". Set maxAnswerSize, or lower those.");
    }
  }

  /**
   * Connections that are not open yet.
   *
   * @param acknowledgement what acknowledged changes wait for; null if there are none
   * @param fromReplicas whether replicas are read from
   * @throws IllegalArgumentException if two options, or an option and the URI, exclude each other
   */
  Connections connections(
      String uri,
      @Nullable ClientResources lent,
      Duration commandTimeout,
      int count,
      @Nullable Acknowledgement acknowledgement,
      boolean fromReplicas) {
    ValkeyUri parsed = ValkeyUri.parse(uri, commandTimeout);
    check(parsed);
    parsed.servers().forEach(server -> apply(server, commandTimeout));
    SslOptions ssl =
        parsed.isTls()
            ? ClientFactory.sslOptions(
                trustManager == null ? trustCertificates : trustManager,
                keyManager == null ? clientCertificate : keyManager,
                serverName)
            : null;
    ClientResources resources = ClientFactory.resources(lent, commandTimeout);
    ServerClient.Answers answers = new ServerClient.Answers(new BrokenConnections(), maxAnswerSize);
    boolean inCluster = parsed.topology() == Topology.CLUSTER;
    ReplicaClient replicas = null;
    if (fromReplicas) {
      Duration timeout = ReplicaClient.timeout(commandTimeout);
      replicas =
          new ReplicaClient(
              parsed.servers().get(0),
              new ServerClient(
                  ClientFactory.options(timeout, ssl),
                  ClientFactory.sharing(resources, lent, timeout),
                  answers,
                  null),
              count,
              timeout,
              inCluster);
    }
    ServerClient client =
        new ServerClient(
            ClientFactory.options(commandTimeout, ssl),
            resources,
            answers,
            replicas == null ? null : replicas.client());
    return inCluster
        ? new ClusterConnections(
            parsed.servers(), client, count, commandTimeout, acknowledgement, replicas)
        : new StandaloneConnections(
            parsed.servers().get(0), client, count, acknowledgement, replicas);
  }

  private void apply(RedisURI server, Duration commandTimeout) {
    server.setClientName(clientName);
    if (credentials != null) {
      server.setCredentialsProvider(new CurrentCredentials(credentials, commandTimeout));
    }
    for (RedisURI sentinel : server.getSentinels()) {
      sentinel.setClientName(clientName);
      if (sentinelCredentials != null) {
        sentinel.setCredentialsProvider(
            new CurrentCredentials(sentinelCredentials, commandTimeout));
      }
    }
  }

  private void check(ValkeyUri uri) {
    refuseBoth("trustCertificates", trustCertificates, "trustManager", trustManager);
    refuseBoth("clientCertificate", clientCertificate, "keyManager", keyManager);
    if (credentials != null && uri.hasCredentials()) {
      throw new IllegalArgumentException(
          "credentials and a user or password in the URI exclude each other: leave one out");
    }
    if (sentinelCredentials != null && uri.topology() != Topology.SENTINEL) {
      throw new IllegalArgumentException(
          "sentinelCredentials needs a URI with sentinels, valkey-sentinel://");
    }
    if (!uri.isTls()) {
      refuseWithoutTls("trustCertificates", trustCertificates);
      refuseWithoutTls("trustManager", trustManager);
      refuseWithoutTls("clientCertificate", clientCertificate);
      refuseWithoutTls("keyManager", keyManager);
      refuseWithoutTls("serverName", serverName);
    }
  }

  private static void refuseBoth(
      String first, @Nullable Object one, String second, @Nullable Object other) {
    if (one != null && other != null) {
      throw new IllegalArgumentException(
          first + " and " + second + " exclude each other: set one of them");
    }
  }

  private static void refuseWithoutTls(String option, @Nullable Object value) {
    if (value != null) {
      throw new IllegalArgumentException(
          option + " needs a URI with TLS: valkeys://, valkeys-sentinel:// or valkeys-cluster://");
    }
  }
}
