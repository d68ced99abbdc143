package io.latchkey.benchmarks.report;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Function;
import org.jfree.chart.ChartUtils;
import org.jfree.chart.JFreeChart;

/**
 * A chart of the report.
 *
 * @param name of its file, without an ending
 * @param title what it shows, for those who do not see it, too
 * @param caption how to read it
 * @param height in pixels of the page
 * @param drawing draws it
 */
record Chart(
    String name, String title, String caption, int height, Function<Look, JFreeChart> drawing) {
  private static final int WIDTH = 900;
  private static final int PIXELS = 2;

  static int width() {
    return WIDTH;
  }

  /** The picture, as PNG, with twice as many pixels as the page has. */
  byte[] png(Look look) {
    JFreeChart chart = drawing.apply(look);
    look.applyTo(chart);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      ChartUtils.writeScaledChartAsPNG(bytes, chart, WIDTH, height, PIXELS, PIXELS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
