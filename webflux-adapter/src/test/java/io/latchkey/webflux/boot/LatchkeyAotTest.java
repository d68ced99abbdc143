package io.latchkey.webflux.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.tck.ValkeyServer;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.TypeReference;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.boot.SpringApplicationAotProcessor;

/**
 * What a native image starts from: an application whose beans are made by generated code, without a
 * look at annotations, and hints for what is looked up nevertheless.
 */
class LatchkeyAotTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  @TempDir Path folder;

  @Test
  void applicationPreparedAheadOfTimeKeepsItsSessionsInLatchkey() throws Exception {
    Path sources = folder.resolve("sources");
    Path resources = folder.resolve("resources");
    Path classes = Files.createDirectories(folder.resolve("classes"));
    // As Boot's Maven plugin does it.
    java(
        SpringApplicationAotProcessor.class,
        List.of(),
        AotApplication.class.getName(),
        sources.toString(),
        resources.toString(),
        classes.toString(),
        "io.latchkey",
        "aot");
    compile(sources, classes);

    String output =
        java(
            AotApplication.class,
            List.of(classes, resources),
            "--server.port=0",
            "--latchkey.uri=" + SERVER.uri(),
            "--latchkey.namespace=" + SERVER.namespace(),
            "--latchkey.idle-timeout=11m");

    assertThat(output).contains("AOT true STORE LatchkeyWebSessionStore IDLE PT11M STORED true");
    assertThat(jsonIn(resources)).contains("io.latchkey.valkey.UnansweredCommands");
  }

  @Test
  void handlerInNettysPipelineIsHintedAndExists() throws ClassNotFoundException {
    var hints = new RuntimeHints();
    new LatchkeyRuntimeHints().registerHints(hints, getClass().getClassLoader());
    Class<?> handler = Class.forName("io.latchkey.valkey.UnansweredCommands");

    assertThat(RuntimeHintsPredicates.reflection().onType(TypeReference.of(handler)))
        .accepts(hints);
  }

  /** Runs a main class in a JVM of its own, on the class path of these tests. */
  private static String java(Class<?> main, List<Path> more, String... args)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", classPath(more)));
    if (!more.isEmpty()) {
      command.add("-Dspring.aot.enabled=true");
    }
    command.add(main.getName());
    command.addAll(List.of(args));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  private static String classPath(List<Path> more) {
    Stream<String> own =
        Stream.of(
            Objects.requireNonNullElse(
                System.getProperty("surefire.test.class.path"),
                System.getProperty("java.class.path")));
    return String.join(
        File.pathSeparator, Stream.concat(more.stream().map(Path::toString), own).toList());
  }

  private static void compile(Path sources, Path classes) throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("-proc:none", "-nowarn", "-cp", classPath(List.of(classes)), "-d"));
    arguments.add(classes.toString());
    try (Stream<Path> files = Files.walk(sources)) {
      files.map(Path::toString).filter(file -> file.endsWith(".java")).forEach(arguments::add);
    }
    int result =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, arguments.toArray(new String[0]));
    assertThat(result).isZero();
  }

  private static String jsonIn(Path folder) throws IOException {
    var text = new StringBuilder();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(file -> file.toString().endsWith(".json")).toList()) {
        text.append(Files.readString(file));
      }
    }
    return text.toString();
  }
}
