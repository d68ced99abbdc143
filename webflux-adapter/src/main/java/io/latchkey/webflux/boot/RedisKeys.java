package io.latchkey.webflux.boot;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.core.env.Environment;

/**
 * The properties {@code spring.data.redis.*} where Boot's own module for them is not on the class
 * path: as many of them as Latchkey makes use of.
 */
final class RedisKeys {
  static final String SOURCE = "the properties spring.data.redis.*";
  static final String DEFAULT_SOURCE =
      "no property: neither latchkey.uri is set nor spring.data.redis.*, so it is the default";

  private static final String PREFIX = "spring.data.redis.";
  private static final String DEFAULT_HOST = "localhost";

  private final Binder binder;

  RedisKeys(Environment environment) {
    this.binder = Binder.get(environment);
  }

  /** Whether any property says where the server is. */
  boolean areSet() {
    return text("url") != null
        || text("host") != null
        || isBound("port", Integer.class)
        || !nodes("sentinel").isEmpty()
        || !nodes("cluster").isEmpty();
  }

  @Nullable String url() {
    return text("url");
  }

  /** The name of the SSL bundle for the connection. */
  @Nullable String bundle() {
    return text("ssl.bundle");
  }

  /**
   * The server that they name, or the default one.
   *
   * @throws NoSuchSslBundleException if they name a bundle that there is not
   */
  ConfiguredConnectionDetails connectionDetails(ObjectProvider<SslBundles> bundles) {
    String name = bundle();
    boolean tls = binder.bind(PREFIX + "ssl.enabled", Boolean.class).orElseGet(() -> name != null);
    ConfiguredConnectionDetails details = address(tls);
    return tls && name != null ? details.with(bundles.getObject().getBundle(name)) : details;
  }

  private ConfiguredConnectionDetails address(boolean tls) {
    String source = areSet() ? SOURCE : DEFAULT_SOURCE;
    if (!nodes("sentinel").isEmpty()) {
      return new ConfiguredConnectionDetails(
          RedisUri.ofSentinels(
              tls,
              addresses("sentinel", RedisUri.DEFAULT_SENTINEL_PORT),
              text("sentinel.master"),
              text("username"),
              text("password"),
              number("database")),
          source,
          text("sentinel.username"),
          text("sentinel.password"));
    }
    if (!nodes("cluster").isEmpty()) {
      return new ConfiguredConnectionDetails(
          RedisUri.ofCluster(
              tls, addresses("cluster", RedisUri.DEFAULT_PORT), text("username"), text("password")),
          source);
    }
    if (!nodes("masterreplica").isEmpty()) {
      throw Unsupported.masterReplica();
    }
    String url = url();
    if (url != null) {
      return new ConfiguredConnectionDetails(tls ? withTls(url) : url, source);
    }
    String host = text("host");
    return new ConfiguredConnectionDetails(
        RedisUri.of(
            tls,
            host == null ? DEFAULT_HOST : host,
            number("port"),
            text("username"),
            text("password"),
            number("database")),
        source);
  }

  private static String withTls(String url) {
    for (String plain : List.of("redis", "valkey")) {
      if (url.regionMatches(true, 0, plain + ":", 0, plain.length() + 1)) {
        return plain + "s" + url.substring(plain.length());
      }
    }
    return url;
  }

  private List<String> nodes(String kind) {
    return binder.bind(PREFIX + kind + ".nodes", Bindable.listOf(String.class)).orElseGet(List::of);
  }

  /** As Boot reads them: what follows the last colon is the port. */
  private List<String> addresses(String kind, int defaultPort) {
    return nodes(kind).stream()
        .map(
            node -> {
              int colon = node.lastIndexOf(':');
              return colon < 0
                  ? RedisUri.address(node, 0, defaultPort)
                  : RedisUri.address(
                      node.substring(0, colon),
                      Integer.parseInt(node.substring(colon + 1)),
                      defaultPort);
            })
        .toList();
  }

  private @Nullable String text(String key) {
    String value = binder.bind(PREFIX + key, String.class).orElse(null);
    return value == null || value.isBlank() ? null : value;
  }

  private int number(String key) {
    return binder.bind(PREFIX + key, Integer.class).orElse(0);
  }

  private boolean isBound(String key, Class<?> type) {
    return binder.bind(PREFIX + key, type).isBound();
  }
}
