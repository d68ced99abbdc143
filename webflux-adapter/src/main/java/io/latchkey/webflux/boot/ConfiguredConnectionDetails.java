package io.latchkey.webflux.boot;

/** The server that properties, or another library's connection details, name. */
final class ConfiguredConnectionDetails implements LatchkeyConnectionDetails {
  private final String uri;
  private final String source;

  /**
   * Details from somewhere.
   *
   * @param source where the address comes from, as in "it comes from ..."
   */
  ConfiguredConnectionDetails(String uri, String source) {
    this.uri = uri;
    this.source = source;
  }

  @Override
  public String getUri() {
    return uri;
  }

  /** Where the address of a server comes from, as in "it comes from ...". */
  static String source(LatchkeyConnectionDetails details) {
    return details instanceof ConfiguredConnectionDetails configured
        ? configured.source
        : "a bean LatchkeyConnectionDetails";
  }

  /** Without the URI, which may hold a password. */
  @Override
  public String toString() {
    return "connection details from " + source;
  }
}
