package io.latchkey.valkey;

import static java.util.Map.entry;

import io.lettuce.core.RedisURI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
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

  private static final String TRUST =
      "Certificates are always checked. Set trustCertificates or serverName instead.";

  private static final String TLS = "Write valkeys:// for TLS instead.";
  private static final String CREDENTIALS = "Write user:password@ or set credentials instead.";
  private static final String NOTHING = "Remove it.";

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
              + ")*+)(?<path>(?:/[^?#]*)?)(?<query>(?:\\?[^#]*)?)(?<fragment>(?:#.*)?)",
          Pattern.DOTALL);

  /** The one parameter that there is. */
  private static final String PRIMARY = "sentinelMasterId";

  private static final Pattern PARAMETER_NAME = Pattern.compile("[A-Za-z0-9._-]{1,40}");

  private static final Pattern PRIMARY_NAME = Pattern.compile("[A-Za-z0-9._:-]{1,256}");

  /** What people know from elsewhere, in lower case, and what does it here. */
  private static final Map<String, String> INSTEAD =
      Map.ofEntries(
          entry("timeout", "Set commandTimeout instead."),
          entry("clientname", "Set clientName instead."),
          entry("database", "Write the database as a path instead, as in /1."),
          entry("db", "Write the database as a path instead, as in /1."),
          entry("verifypeer", TRUST),
          entry("ssl_cert_reqs", TRUST),
          entry("ssl_check_hostname", TRUST),
          entry("ssl_ca_certs", TRUST),
          entry("ssl", TLS),
          entry("tls", TLS),
          entry("starttls", TLS),
          entry("username", CREDENTIALS),
          entry("password", CREDENTIALS),
          entry("libraryname", NOTHING),
          entry("libraryversion", NOTHING));

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
      checkParameters(scheme.topology, parts.group("query"), parts.group("fragment"));
      String user = parts.group("user");
      List<RedisURI> servers =
          scheme.servers(
              user, parts.group("hosts").split(",", -1), parts.group("path"), parts.group("query"));
      for (RedisURI server : servers) {
        server.setTimeout(commandTimeout);
        server.getSentinels().forEach(sentinel -> sentinel.setTimeout(commandTimeout));
      }
      return new ValkeyUri(scheme.topology, List.copyOf(servers), !user.isEmpty());
    } catch (RefusedPartException e) {
      throw e;
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

  /**
   * Refuses what would be ignored, and what Lettuce would take for an option of its own: its
   * verifyPeer=NONE switches the check of certificates off.
   */
  private static void checkParameters(Topology topology, String query, String fragment) {
    if (!fragment.isEmpty()) {
      throw new RefusedPartException(
          "uri must not have a fragment. Write # as %23 in a user name or password.");
    }
    List<String> names = new ArrayList<>();
    for (String parameter : query.isEmpty() ? new String[0] : query.substring(1).split("&", -1)) {
      String name = parameter.split("=", 2)[0];
      if (topology != Topology.SENTINEL || !name.equals(PRIMARY)) {
        // Beside an @ it may be part of a password that has a question mark in it.
        throw refused(topology, query.indexOf('@') < 0 ? decoded(name) : "");
      }
      names.add(name);
    }
    if (names.size() > 1) {
      throw new RefusedPartException(
          "uri must have the parameter " + PRIMARY + " once. Remove the others.");
    }
  }

  private static String decoded(String name) {
    try {
      return URLDecoder.decode(name, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  private static RefusedPartException refused(Topology topology, String name) {
    String lowerCase = name.toLowerCase(Locale.ROOT);
    String advice;
    if (lowerCase.equals(PRIMARY.toLowerCase(Locale.ROOT))) {
      advice =
          topology == Topology.SENTINEL
              ? "Write it as " + PRIMARY + "."
              : "Write valkey-sentinel:// or valkeys-sentinel:// for servers behind Sentinel.";
    } else if (INSTEAD.containsKey(lowerCase)) {
      advice = INSTEAD.get(lowerCase);
    } else if (topology == Topology.SENTINEL) {
      advice = "Only " + PRIMARY + " is allowed. Set all other options on the builder.";
    } else {
      advice = "None is allowed. Set all options on the builder.";
    }
    boolean canBeTold = PARAMETER_NAME.matcher(name).matches();
    return new RefusedPartException(
        "uri must not have "
            + (canBeTold ? "the parameter " + name : "that parameter")
            + ". "
            + advice);
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
          yield List.of(server(user + hosts[0] + path));
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
          require(path.isEmpty() || path.equals("/") || path.equals("/0"));
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
      String name = query.substring(query.indexOf('=') + 1);
      require(query.indexOf('=') > 0 && PRIMARY_NAME.matcher(name).matches());
      return name;
    }

    private static void require(boolean holds) {
      if (!holds) {
        throw new IllegalArgumentException();
      }
    }
  }

  /** Its message may be told, as it has no value of the URI in it. */
  private static final class RefusedPartException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    RefusedPartException(String message) {
      super(message);
    }
  }
}
