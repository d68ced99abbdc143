package io.latchkey.webflux.boot;

import io.latchkey.SessionStore;
import java.io.PrintStream;
import java.util.Map;
import org.springframework.aot.AotDetector;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.web.server.session.DefaultWebSessionManager;

/** An application that is prepared ahead of time, and tells what became of it. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration(excludeName = LatchkeyWebSessionAutoConfiguration.SPRING_SESSION)
public class AotApplication {
  /**
   * Starts the application, stores a session, and ends.
   *
   * @param args Boot's
   */
  public static void main(String[] args) {
    try (var context = SpringApplication.run(AotApplication.class, args)) {
      PrintStream out = System.out;
      SessionStore sessions = context.getBean(SessionStore.class);
      boolean stored = sessions.create(Map.of("user", "ada")).blockOptional().isPresent();
      var manager = context.getBean("webSessionManager", DefaultWebSessionManager.class);
      out.printf(
          "AOT %s STORE %s IDLE %s STORED %s%n",
          AotDetector.useGeneratedArtifacts(),
          manager.getSessionStore().getClass().getSimpleName(),
          sessions.newSession().idleTimeout(),
          stored);
    }
  }
}
