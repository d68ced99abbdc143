package io.latchkey.webflux.boot;

import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails.Node;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.util.ClassUtils;

/**
 * The server of Boot's connection details for Redis: properties, a container, a Compose service, or
 * a bean of the application. Loaded only where Boot's module for Redis is.
 */
final class RedisConnections {
  private static final String OF_PROPERTIES = "PropertiesDataRedisConnectionDetails";

  private RedisConnections() {}

  static ConfiguredConnectionDetails of(DataRedisConnectionDetails redis, RedisKeys keys) {
    boolean ofProperties = ClassUtils.getShortName(redis.getClass()).equals(OF_PROPERTIES);
    String source =
        !ofProperties
            ? "a bean DataRedisConnectionDetails"
            : keys.areSet() ? RedisKeys.SOURCE : RedisKeys.DEFAULT_SOURCE;
    SslBundle bundle = redis.getSslBundle();
    // That the URL says rediss:// does not show in these details.
    boolean tls = bundle != null || (ofProperties && isTls(keys.url()));
    // For properties with TLS but without a bundle, Boot makes one of what the JDK does anyway.
    // Customizers could not set certificates of their own beside it.
    boolean named = !ofProperties || keys.bundle() != null;
    String parameters = ofProperties ? parameters(keys.url()) : "";
    return address(redis, tls, parameters, source).with(named ? bundle : null);
  }

  private static ConfiguredConnectionDetails address(
      DataRedisConnectionDetails redis, boolean tls, String parameters, String source) {
    DataRedisConnectionDetails.Sentinel sentinel = redis.getSentinel();
    if (sentinel != null) {
      return new ConfiguredConnectionDetails(
          RedisUri.ofSentinels(
              tls,
              addresses(sentinel.getNodes(), RedisUri.DEFAULT_SENTINEL_PORT),
              sentinel.getMaster(),
              redis.getUsername(),
              redis.getPassword(),
              sentinel.getDatabase()),
          source,
          sentinel.getUsername(),
          sentinel.getPassword());
    }
    DataRedisConnectionDetails.Cluster cluster = redis.getCluster();
    if (cluster != null) {
      return new ConfiguredConnectionDetails(
          RedisUri.ofCluster(
              tls,
              addresses(cluster.getNodes(), RedisUri.DEFAULT_PORT),
              redis.getUsername(),
              redis.getPassword()),
          source);
    }
    DataRedisConnectionDetails.Standalone server = redis.getStandalone();
    if (redis.getMasterReplica() != null || server == null) {
      throw Unsupported.masterReplica();
    }
    return new ConfiguredConnectionDetails(
        RedisUri.of(
                tls,
                server.getHost(),
                server.getPort(),
                redis.getUsername(),
                redis.getPassword(),
                server.getDatabase())
            + parameters,
        source);
  }

  private static List<String> addresses(List<Node> nodes, int defaultPort) {
    return nodes.stream()
        .map(node -> RedisUri.address(node.host(), node.port(), defaultPort))
        .toList();
  }

  /** Boot ignores them without a word; the store's builder refuses them by name. */
  private static String parameters(@Nullable String url) {
    String query = url == null ? null : URI.create(url).getRawQuery();
    String fragment = url == null ? null : URI.create(url).getRawFragment();
    return (query == null ? "" : "?" + query) + (fragment == null ? "" : "#" + fragment);
  }

  private static boolean isTls(@Nullable String url) {
    return url != null && "rediss".equalsIgnoreCase(URI.create(url).getScheme());
  }
}
