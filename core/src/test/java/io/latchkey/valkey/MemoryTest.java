package io.latchkey.valkey;

import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.tck.ServerProcess;
import io.latchkey.tck.ValkeyServer;
import java.io.BufferedReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Processes of their own that have little memory. */
class MemoryTest {
  private static final String EVENTS = System.getProperty("latchkey.memory.events", "20");

  private final ServerProcess server = ValkeyServer.start();

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void aServerThatStandsStillFillsNoMemory() throws Exception {
    try (Child child =
        new Child(
            StandsStillInAProcess.class,
            List.of("-Xmx256m", "-XX:MaxDirectMemorySize=256m"),
            server.uri())) {
      child.await("ready");
      server.pause();
      child.tell();
      Map<String, Long> figures = child.figures();
      server.resume();
      child.tell();
      assertThat(figures.get("refused")).as("%s", figures).isPositive();
      assertThat(figures.get("slowestRefusalMillis")).as("%s", figures).isLessThan(500);
      assertThat(figures.get("errors")).as("%s", figures).isZero();
      child.await("works");
    }
  }

  @Test
  void memoryThatIsUsedUpGivesNobodyAForeignAnswer() throws Exception {
    assertNothingForeign("5");
  }

  @Test
  @Tag("thorough")
  void memoryThatIsUsedUpAgainAndAgainGivesNobodyAForeignAnswer() throws Exception {
    assertNothingForeign(EVENTS);
  }

  private void assertNothingForeign(String events) throws Exception {
    try (Child child =
        new Child(
            OutOfMemoryInAProcess.class,
            List.of("-Xmx256m", "-XX:MaxDirectMemorySize=128m"),
            server.uri(),
            events)) {
      Map<String, Long> figures = child.figures();
      System.out.println("Memory used up: " + figures);
      assertThat(figures.get("foreign")).as("%s", figures).isZero();
      assertThat(figures.get("broken"))
          .as("%s", figures)
          .isGreaterThanOrEqualTo(Long.parseLong(events));
      assertThat(figures.get("right")).as("%s", figures).isPositive();
    }
  }

  /** A process that prints words, and figures as {@code name=value}, the last of which is end=1. */
  private static final class Child implements AutoCloseable {
    private final Process process;
    private final BufferedReader out;

    Child(Class<?> program, List<String> options, String... arguments) throws Exception {
      List<String> command = new ArrayList<>();
      command.add(ProcessHandle.current().info().command().orElse("java"));
      command.addAll(options);
      command.addAll(List.of("-cp", System.getProperty("java.class.path", ""), program.getName()));
      command.addAll(List.of(arguments));
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
      out = process.inputReader(StandardCharsets.UTF_8);
    }

    void tell() throws Exception {
      OutputStream in = process.getOutputStream();
      in.write('\n');
      in.flush();
    }

    void await(String word) throws Exception {
      StringBuilder all = new StringBuilder();
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.equals(word)) {
          return;
        }
        all.append(line).append('\n');
      }
      throw new AssertionError("not " + word + " but\n" + all);
    }

    Map<String, Long> figures() throws Exception {
      Map<String, Long> figures = new TreeMap<>();
      StringBuilder all = new StringBuilder();
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        String[] words = line.split("=", -1);
        if (line.equals("end=1")) {
          return figures;
        } else if (words.length == 2 && words[1].matches("\\d+")) {
          figures.put(words[0], Long.valueOf(words[1]));
        } else {
          all.append(line).append('\n');
        }
      }
      throw new AssertionError(all.toString());
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }
}
