package io.latchkey.benchmarks.report;

import io.latchkey.benchmarks.report.Targets.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Turns results of JMH, {@link io.latchkey.benchmarks.StoreFigures}, {@link
 * io.latchkey.benchmarks.load.LoadRun} and {@link io.latchkey.benchmarks.shop.ShopRun}, whichever
 * there are, into one page, charts and tables.
 *
 * <pre>{@code
 * java -cp benchmarks/target/benchmarks.jar io.latchkey.benchmarks.report.Report \
 *     targets.json figures.json load.json shop.json
 * }</pre>
 */
@Command(
    name = "Report",
    mixinStandardHelpOptions = true,
    description = "Writes index.html, which needs no other file, each chart as PNG, and table.md.")
public final class Report implements Callable<Integer> {
  @Parameters(
      paramLabel = "FILE",
      arity = "1..*",
      description = "Results of JMH, StoreFigures, LoadRun or ShopRun, as JSON.")
  private List<Path> files = List.of();

  @Option(
      names = "--out",
      defaultValue = "report",
      description = "The folder to write to (${DEFAULT-VALUE}).")
  private Path out = Path.of("report");

  @Spec private @Nullable CommandSpec spec;

  private Report() {}

  /**
   * Writes the report.
   *
   * @param args the files, and options
   */
  public static void main(String[] args) {
    System.exit(execute(args));
  }

  static int execute(String... args) {
    System.setProperty("java.awt.headless", "true");
    return new CommandLine(new Report()).execute(args);
  }

  @Override
  public Integer call() throws IOException {
    Inputs inputs;
    try {
      inputs = Inputs.read(files);
    } catch (IllegalArgumentException e) {
      if (spec == null) {
        throw e;
      }
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
    List<Row> rows = new Targets(inputs).rows();
    List<Chart> charts = Charts.of(inputs);
    Files.createDirectories(out);
    for (Chart chart : charts) {
      Files.write(out.resolve(chart.name() + ".png"), chart.png(Look.LIGHT));
      Files.write(out.resolve(chart.name() + "-dark.png"), chart.png(Look.DARK));
    }
    Files.writeString(out.resolve("table.md"), Table.of(inputs, rows));
    Files.writeString(out.resolve("index.html"), Page.of(inputs, rows, charts));
    System.out.println("Written: " + out.resolve("index.html"));
    return CommandLine.ExitCode.OK;
  }
}
