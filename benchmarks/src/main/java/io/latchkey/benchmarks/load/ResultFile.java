package io.latchkey.benchmarks.load;

import io.latchkey.benchmarks.Machine;
import io.latchkey.benchmarks.load.LoadResult.RateStep;
import io.latchkey.benchmarks.load.LoadResult.Run;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Gathers what is measured, and writes it whenever asked. Safe to use from several threads. */
final class ResultFile {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private final Path file;
  private final Machine machine;
  private final Map<String, String> settings;
  private final String started = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();

  /** Guarded by this; the steps of the last run are those that come in. */
  private final List<Run> runs = new ArrayList<>();

  ResultFile(Path file, Machine machine, Map<String, String> settings) {
    this.file = file;
    this.machine = machine;
    this.settings = settings;
  }

  synchronized void begin(Run run) {
    runs.add(run);
  }

  synchronized void add(RateStep step) {
    List<RateStep> steps = new ArrayList<>(runs.get(runs.size() - 1).steps());
    steps.add(step);
    replaceLast(false, steps);
  }

  /** The last run has come to its own end. */
  synchronized void finish() {
    replaceLast(true, runs.get(runs.size() - 1).steps());
  }

  private void replaceLast(boolean finished, List<RateStep> steps) {
    Run last = runs.remove(runs.size() - 1);
    runs.add(
        new Run(last.store(), last.sessions(), last.delayMicros(), last.pass(), finished, steps));
  }

  /** Writes all that there is so far; a reader sees the file of before or that of now. */
  synchronized void write(boolean complete) {
    LoadResult result =
        new LoadResult(LoadResult.KIND, started, complete, machine, settings, List.copyOf(runs));
    Path draft = file.resolveSibling(file.getFileName() + ".part");
    JSON.writeValue(draft, result);
    try {
      Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
