package io.latchkey.shop;

import java.io.PrintStream;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/** Says where the shop is, and where its sessions are. */
@Component
class Opening {
  private final SessionServer server;
  private final PrintStream out = System.out;

  Opening(SessionServer server) {
    this.server = server;
  }

  @EventListener
  void opened(ApplicationReadyEvent event) {
    if (event.getApplicationContext() instanceof WebServerApplicationContext context
        && context.getWebServer() != null) {
      out.println("The shop is open: http://localhost:" + context.getWebServer().getPort() + "/");
      out.println("Its sessions are kept in " + server.description() + ".");
      out.println("Stop it with Ctrl-C.");
    }
  }
}
