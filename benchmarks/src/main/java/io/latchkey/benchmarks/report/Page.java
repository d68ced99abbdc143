package io.latchkey.benchmarks.report;

import io.latchkey.benchmarks.Machine;
import io.latchkey.benchmarks.load.LoadResult;
import io.latchkey.benchmarks.report.Targets.Row;
import io.latchkey.benchmarks.shop.ShopResult;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The report as one HTML page, which needs nothing beside itself. */
final class Page {
  private static final String STYLE =
      """
      :root { color-scheme: light dark; --text: #1f2328; --soft: #59636e; --back: #fff;
        --line: #d8dee4; --met: #116329; --missed: #b3261e; }
      @media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --soft: #9ba6b2;
        --back: #161b22; --line: #3a424c; --met: #57c96b; --missed: #ff8a80; } }
      body { margin: 0 auto; max-width: 58rem; padding: 1rem; color: var(--text);
        background: var(--back); font: 1rem/1.5 system-ui, sans-serif; }
      h1 { line-height: 1.2; } h2 { margin-top: 2.5rem; }
      .table { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
      th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); text-align: left;
        vertical-align: top; }
      td.number, th.number { text-align: right; white-space: nowrap;
        font-variant-numeric: tabular-nums; }
      .target { white-space: nowrap; }
      .met { color: var(--met); font-weight: 600; } .missed { color: var(--missed);
        font-weight: 600; } .not, .soft, figcaption { color: var(--soft); }
      figure { margin: 2rem 0; } img { width: 100%; height: auto; display: block; }
      figcaption { font-size: .9rem; margin-top: .25rem; }
      dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; }
      dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
      @media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .4rem; }
        th, td { padding: .3rem .35rem; font-size: .85rem; } .target { white-space: normal; }
        picture { display: block; overflow-x: auto; } img { min-width: 40rem; } }
      """;

  private static final String ENDED_EARLY =
      ", ended early; the climb that this cut short is left out";

  private final Inputs inputs;
  private final StringBuilder html = new StringBuilder();

  private Page(Inputs inputs) {
    this.inputs = inputs;
  }

  /** The page. */
  static String of(Inputs inputs, List<Row> rows, List<Chart> charts) {
    Page page = new Page(inputs);
    page.head();
    page.table(rows);
    page.noise();
    page.html.append("<h2>Charts</h2>\n");
    charts.forEach(page::figure);
    page.missing(charts);
    page.conditions();
    page.html.append("</body>\n</html>\n");
    return page.html.toString();
  }

  private void head() {
    html.append(
            """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Latchkey: benchmarks</title>
            <style>
            """)
        .append(STYLE)
        .append("</style>\n</head>\n<body>\n<h1>What a session store costs</h1>\n");
    inputs
        .machine()
        .ifPresent(
            machine ->
                paragraph(
                    "Measured on "
                        + machine.cpu()
                        + ", "
                        + machine.cores()
                        + " cores, "
                        + machine.memoryGib()
                        + " GiB, with the server and the client on the same machine. Compare"
                        + " figures within this page only."));
  }

  private void table(List<Row> rows) {
    html.append(
        """
        <h2>Targets</h2>
        <div class="table"><table>
        <thead><tr><th>Latchkey, as a ratio</th><th>target</th><th class="number">measured</th>\
        <th class="number">range</th><th></th></tr></thead>
        <tbody>
        """);
    for (Row row : rows) {
      String verdict = row.verdict();
      html.append("<tr><td>")
          .append(Texts.escape(row.what()))
          .append("</td><td class=\"target\">")
          .append(row.targetText())
          .append("</td><td class=\"number\">")
          .append(row.measuredText())
          .append("</td><td class=\"number\">")
          .append(row.rangeText())
          .append("</td><td class=\"")
          .append(verdict.split("[ ,]", 2)[0])
          .append("\">")
          .append(verdict)
          .append("</td></tr>\n");
    }
    html.append("</tbody></table></div>\n");
  }

  private void noise() {
    html.append("<p class=\"soft\">Noise: ")
        .append(
            Texts.escape(
                "the range is that of the ratio between the forks of JMH, the passes of the load"
                    + " run or the rounds of the shop: the least of one by the most of the other,"
                    + " and the other way round."))
        .append(Texts.escape(Noise.of(inputs)))
        .append("</p>\n");
  }

  private void figure(Chart chart) {
    html.append("<figure id=\"")
        .append(chart.name())
        .append("\"><picture><source media=\"(prefers-color-scheme: dark)\" srcset=\"")
        .append(data(chart.png(Look.DARK)))
        .append("\"><img alt=\"")
        .append(Texts.escape(chart.title()))
        .append("\" width=\"")
        .append(Chart.width())
        .append("\" height=\"")
        .append(chart.height())
        .append("\" src=\"")
        .append(data(chart.png(Look.LIGHT)))
        .append("\"></picture><figcaption>")
        .append(Texts.escape(chart.caption()))
        .append("</figcaption></figure>\n");
  }

  private void missing(List<Chart> charts) {
    Map<String, String> kinds =
        Map.of(
            "latency-", "latency by percentile (LoadRun)",
            "throughput-", "throughput by operations in flight (JMH)",
            "round-trips", "round trips (StoreFigures)",
            "allocation", "allocation (JMH)",
            "memory", "memory per session (StoreFigures)",
            "shop-", "shop page (ShopRun)");
    String missing =
        kinds.entrySet().stream()
            .filter(
                kind -> charts.stream().noneMatch(chart -> chart.name().startsWith(kind.getKey())))
            .map(Map.Entry::getValue)
            .sorted()
            .collect(Collectors.joining(", "));
    if (!missing.isEmpty()) {
      paragraph("Not measured: " + missing + ".");
    }
  }

  private void conditions() {
    html.append("<h2>Machine, versions, settings</h2>\n<dl>\n");
    inputs
        .machine()
        .ifPresent(
            machine -> {
              machine(machine);
              machine.versions().forEach(this::entry);
            });
    if (!inputs.jmhSettings().isEmpty()) {
      entry("JMH runs", String.join("; ", inputs.jmhSettings()));
    }
    LoadResult load = inputs.load();
    if (load != null) {
      entry("Load run", load.started() + (load.complete() ? "" : ENDED_EARLY));
      entry("its settings", settings(load.settings()));
    }
    ShopResult shop = inputs.shop();
    if (shop != null) {
      entry("Shop run", shop.started());
      entry("its settings", settings(shop.settings()));
    }
    html.append("</dl>\n");
  }

  private void machine(Machine machine) {
    entry("Processor", machine.cpu() + ", " + machine.cores() + " cores");
    entry("Memory", machine.memoryGib() + " GiB");
    entry("System", machine.os());
    entry("JVM", machine.jvm());
  }

  private static String settings(Map<String, String> settings) {
    return settings.entrySet().stream()
        .map(setting -> setting.getKey() + "=" + setting.getValue())
        .collect(Collectors.joining(" "));
  }

  private void entry(String name, String value) {
    html.append("<dt>")
        .append(Texts.escape(name))
        .append("</dt><dd>")
        .append(Texts.escape(value))
        .append("</dd>\n");
  }

  private void paragraph(String text) {
    html.append("<p class=\"soft\">").append(Texts.escape(text)).append("</p>\n");
  }

  private static String data(byte[] png) {
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(png);
  }
}
