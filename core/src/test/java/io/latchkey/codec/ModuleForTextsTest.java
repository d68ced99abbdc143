package io.latchkey.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JacksonModule;
import tools.jackson.databind.deser.std.StdScalarDeserializer;
import tools.jackson.databind.module.SimpleModule;

/** A module of an application may have a say in what Latchkey would do faster without Jackson. */
class ModuleForTextsTest {
  @TempDir Path folder;

  @Test
  void textsAreReadAsAModuleOnTheClassPathReadsThem() throws IOException {
    Path services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.writeString(services.resolve(JacksonModule.class.getName()), Trimming.class.getName());
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()}, before)) {
      thread.setContextClassLoader(loader);
      AttributeOptions options = new AttributeOptions();
      options.modules();
      JsonBytes text = JsonBytes.of("\" text \"".getBytes(UTF_8));
      assertThat(options.codec().<String>decode("a", text, String.class)).isEqualTo("text");
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  /** Without blanks around them. */
  public static final class Trimming extends SimpleModule {
    private static final long serialVersionUID = 1L;

    /** For the service loader. */
    public Trimming() {
      addDeserializer(
          String.class,
          new StdScalarDeserializer<String>(String.class) {
            @Override
            public String deserialize(JsonParser parser, DeserializationContext context) {
              return parser.getString().trim();
            }
          });
    }
  }
}
