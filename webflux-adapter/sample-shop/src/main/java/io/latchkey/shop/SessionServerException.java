package io.latchkey.shop;

/** The shop cannot start, because the server that should keep its sessions does not work. */
class SessionServerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String server;

  SessionServerException(String server, Throwable cause) {
    super("The sessions cannot be kept in " + server, cause);
    this.server = server;
  }

  String server() {
    return server;
  }
}
