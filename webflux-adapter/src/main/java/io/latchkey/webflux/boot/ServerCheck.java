package io.latchkey.webflux.boot;

import io.latchkey.SessionStore;
import io.latchkey.SessionStoreException;
import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.webflux.boot.LatchkeyProperties.StartupCheck;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Asks the server once, when the application starts and before it takes requests: better to find
 * out now than with the first visitor. The thread that starts the application waits, no longer than
 * a connection and one command may take.
 */
final class ServerCheck implements SmartLifecycle {
  private static final Logger log = LoggerFactory.getLogger(ServerCheck.class);

  private final SessionStore sessions;
  private final LatchkeyConnectionDetails connection;
  private final StartupCheck mode;
  private volatile boolean running;

  ServerCheck(SessionStore sessions, LatchkeyConnectionDetails connection, StartupCheck mode) {
    this.sessions = sessions;
    this.connection = connection;
    this.mode = mode;
  }

  @Override
  public void start() {
    if (mode != StartupCheck.OFF) {
      try {
        // On an event loop thread this would be an error, and Reactor says so.
        sessions.get(sessions.newSession().id()).block();
      } catch (SessionStoreException e) {
        failed(e);
      }
    }
    running = true;
  }

  private void failed(SessionStoreException e) {
    String uri = connection.getUri();
    String address = ServerAddress.of(uri);
    String source = ConfiguredConnectionDetails.source(connection);
    String description;
    String action;
    if (e instanceof SessionStoreUnavailableException) {
      description =
          "No server for the web sessions answered at %s: %s. The address comes from %s."
              .formatted(address, withoutFullStop(e), source);
      action =
          "Start a server there, for instance with 'docker run -p 6379:6379 valkey/valkey', or set"
              + " latchkey.uri to the one that runs, such as valkey://user:password@host:6379. To"
              + " start without a server, set latchkey.check-on-startup=warn.";
    } else {
      description =
          "The server at %s cannot keep the web sessions: %s. The address comes from %s."
              .formatted(address, withoutFullStop(e), source);
      action =
          "Set latchkey.uri with the user and the password that the server asks for, as in"
              + " valkey://user:password@host:6379, and grant that user what the message names.";
    }
    var failure = new LatchkeyStartException(description, action, e);
    if (mode == StartupCheck.FAIL) {
      throw failure;
    }
    log.warn("{}", failure.text());
  }

  private static String withoutFullStop(SessionStoreException e) {
    String message = String.valueOf(e.getMessage());
    return message.endsWith(".") ? message.substring(0, message.length() - 1) : message;
  }

  @Override
  public void stop() {
    running = false;
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  /** Before whatever else starts, the web server above all. */
  @Override
  public int getPhase() {
    return Integer.MIN_VALUE;
  }
}
