package io.latchkey.valkey;

import io.lettuce.core.RedisURI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The servers that a URI names; errors never quote it, as it may hold a password.
 *
 * @param topology how they belong together
 * @param servers one server, or the nodes of a cluster that are asked first; with Sentinel the
 *     primary to be looked up, which names the sentinels
 * @param hasCredentials whether user or password stand in it
 */
record ValkeyUri(Topology topology, List<RedisURI> servers, boolean hasCredentials) {
  /** How servers belong together. */
  enum Topology {
    STANDALONE,
    SENTINEL,
    CLUSTER
  }

  private static final Map<String, Scheme> SCHEMES =
      Map.of(
          "valkey", new Scheme(Topology.STANDALONE, "redis"),
          "valkeys", new Scheme(Topology.STANDALONE, "rediss"),
          "redis", new Scheme(Topology.STANDALONE, "redis"),
          "rediss", new Scheme(Topology.STANDALONE, "rediss"),
          "valkey-sentinel", new Scheme(Topology.SENTINEL, "redis"),
          "valkeys-sentinel", new Scheme(Topology.SENTINEL, "rediss"),
          "valkey-cluster", new Scheme(Topology.CLUSTER, "redis"),
          "valkeys-cluster", new Scheme(Topology.CLUSTER, "rediss"));

  /** Not java.net.URI's own host: that knows no underscore, which container names have. */
  private static final String HOST = "(?:\\[[0-9A-Fa-f:.%]+]|[^:@,/?#\\[\\]]+)(?::\\d{1,5})?";

  /** Not java.net.URI's own authority: that knows no several hosts with addresses in brackets. */
  private static final Pattern PARTS =
      Pattern.compile(
          "(?<user>(?:[^@/?#]*@)?)(?<hosts>"
              + HOST
              + "(?:,"
              + HOST
              // Never taken back, so that a thousand hosts take no stack.
              + ")*+)(?<path>(?:/[^?#]*)?)(?<query>(?:[?#].*)?)");

  private static final Pattern PRIMARY_NAME =
      Pattern.compile("\\?sentinelMasterId=([A-Za-z0-9._:-]{1,256})");

  private static final String SENTINEL_PORT = ":26379";

  static ValkeyUri parse(String uri, Duration commandTimeout) {
    int colon = uri.indexOf("://");
    String name = colon < 0 ? "" : uri.substring(0, colon).toLowerCase(Locale.ROOT);
    Scheme scheme = SCHEMES.get(name);
    if (scheme == null) {
      throw new IllegalArgumentException(
          "uri must start with valkey:// or redis://, with valkey-sentinel://, with"
              + " valkey-cluster://, or for TLS with valkeys:// or rediss://, valkeys-sentinel://,"
              + " valkeys-cluster://; started with "
              + (name.matches("[a-z][a-z0-9+.-]{0,30}") ? name + "://" : "no scheme"));
    }
    try {
      Matcher parts = PARTS.matcher(uri.substring(colon + "://".length()));
      if (!parts.matches()) {
        throw new IllegalArgumentException("no host, or no number for a port");
      }
      String user = parts.group("user");
      List<RedisURI> servers =
          scheme.servers(
              user, parts.group("hosts").split(",", -1), parts.group("path"), parts.group("query"));
      for (RedisURI server : servers) {
        server.setTimeout(commandTimeout);
        server.getSentinels().forEach(sentinel -> sentinel.setTimeout(commandTimeout));
      }
      return new ValkeyUri(scheme.topology, List.copyOf(servers), !user.isEmpty());
    } catch (RuntimeException e) {
      // Without the cause: its message quotes the URI.
      throw new IllegalArgumentException(
          "uri must be like "
              + name
              + "://"
              + switch (scheme.topology) {
                case STANDALONE -> "user:password@host:port/database";
                case SENTINEL ->
                    "user:password@host:port,host:port/database?sentinelMasterId=name, where the"
                        + " hosts are sentinels";
                case CLUSTER -> "user:password@host:port,host:port without a database";
              }
              + ", with characters that a URI does not allow percent-encoded");
    }
  }

  boolean isTls() {
    return servers.get(0).isSsl();
  }

  /** Without anything of it. */
  @Override
  public String toString() {
    return "ValkeyUri[" + topology + "]";
  }

  /** What a scheme stands for, and Lettuce's name for it. */
  private record Scheme(Topology topology, String lettuce) {

    List<RedisURI> servers(String user, String[] hosts, String path, String query) {
      return switch (topology) {
        case STANDALONE -> {
          require(hosts.length == 1);
          yield List.of(server(user + hosts[0] + path + query));
        }
        case SENTINEL -> {
          RedisURI primary = server(user + hosts[0] + path);
          primary.setSentinelMasterId(primaryName(query));
          for (String host : hosts) {
            boolean hasPort = host.matches(".*:\\d+") && !host.endsWith("]");
            primary.getSentinels().add(server(hasPort ? host : host + SENTINEL_PORT));
          }
          yield List.of(primary);
        }
        case CLUSTER -> {
          require(query.isEmpty() && (path.isEmpty() || path.equals("/") || path.equals("/0")));
          List<RedisURI> seeds = new ArrayList<>();
          for (String host : hosts) {
            seeds.add(server(user + host));
          }
          yield seeds;
        }
      };
    }

    private RedisURI server(String rest) {
      return RedisURI.create(lettuce + "://" + rest);
    }

    private static String primaryName(String query) {
      Matcher name = PRIMARY_NAME.matcher(query);
      require(name.matches());
      return name.group(1);
    }

    private static void require(boolean holds) {
      if (!holds) {
        throw new IllegalArgumentException();
      }
    }
  }
}
