package io.latchkey.webflux.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.SessionStore;
import io.latchkey.webflux.LatchkeyWebSessionStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;
import org.springframework.web.server.session.DefaultWebSessionManager;
import org.springframework.web.server.session.WebSessionManager;

class ReadmeWebFluxExampleTest {
  @Test
  void theExampleMakesTheBeanThatSpringLooksFor() {
    try (var context = new AnnotationConfigApplicationContext(SessionConfiguration.class)) {
      WebSessionManager manager =
          context.getBean(
              WebHttpHandlerBuilder.WEB_SESSION_MANAGER_BEAN_NAME, WebSessionManager.class);

      assertThat(manager)
          .isInstanceOfSatisfying(
              DefaultWebSessionManager.class,
              found ->
                  assertThat(found.getSessionStore()).isInstanceOf(LatchkeyWebSessionStore.class));
      assertThat(context.getBeansOfType(SessionStore.class)).hasSize(1);
    }
  }

  @Test
  void theReadmeShowsTheExampleThatIsCompiledHere() throws IOException {
    String source =
        Files.readString(
            Path.of("src/test/java/io/latchkey/webflux/docs/SessionConfiguration.java"));
    String begin = "// README: begin\n";
    String example = source.substring(source.indexOf(begin) + begin.length());
    example = example.strip();

    assertThat(Files.readString(Path.of("../README.md")))
        .contains("```java\n" + example + "\n```\n");
  }
}
