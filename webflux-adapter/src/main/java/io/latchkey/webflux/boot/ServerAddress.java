package io.latchkey.webflux.boot;

/** What may be told of a server's URI. */
final class ServerAddress {
  private ServerAddress() {}

  /** Host and port, never user, password or database. */
  static String of(String uri) {
    int scheme = uri.indexOf("://");
    String rest = scheme < 0 ? uri : uri.substring(scheme + 3);
    int end = rest.length();
    for (char delimiter : new char[] {'/', '?', '#'}) {
      int found = rest.indexOf(delimiter, rest.lastIndexOf('@') + 1);
      end = found < 0 ? end : Math.min(end, found);
    }
    String address = rest.substring(rest.lastIndexOf('@') + 1, end);
    return address.substring(address.lastIndexOf(']') + 1).contains(":")
        ? address
        : address + ":" + RedisUri.DEFAULT_PORT;
  }
}
