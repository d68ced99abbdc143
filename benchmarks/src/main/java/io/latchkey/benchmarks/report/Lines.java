package io.latchkey.benchmarks.report;

import io.latchkey.benchmarks.StoreType;
import java.text.FieldPosition;
import java.text.NumberFormat;
import java.text.ParsePosition;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.DoubleFunction;
import org.jfree.chart.ChartFactory;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.axis.LogAxis;
import org.jfree.chart.axis.NumberTickUnit;
import org.jfree.chart.plot.PlotOrientation;
import org.jfree.chart.renderer.xy.XYLineAndShapeRenderer;
import org.jfree.data.xy.XYSeries;
import org.jfree.data.xy.XYSeriesCollection;
import org.jspecify.annotations.Nullable;

/** Lines of stores over two logarithmic axes; gathered, then drawn. */
final class Lines {
  private final Map<StoreType, XYSeries> series = new EnumMap<>(StoreType.class);
  private final boolean dots;

  /** Lines, with or without a dot at each value. */
  Lines(boolean dots) {
    this.dots = dots;
  }

  void add(StoreType store, double x, double y) {
    series.computeIfAbsent(store, type -> new XYSeries(Texts.name(type))).addOrUpdate(x, y);
  }

  boolean isEmpty() {
    return series.isEmpty();
  }

  JFreeChart draw(Look look, String title, Scale x, Scale y) {
    XYSeriesCollection data = new XYSeriesCollection();
    series.values().forEach(data::addSeries);
    JFreeChart chart =
        ChartFactory.createXYLineChart(
            title, x.label, y.label, data, PlotOrientation.VERTICAL, true, false, false);
    XYLineAndShapeRenderer renderer = new XYLineAndShapeRenderer(true, dots);
    int number = 0;
    for (StoreType store : series.keySet()) {
      look.line(renderer, number++, store, dots);
    }
    chart.getXYPlot().setRenderer(renderer);
    chart.getXYPlot().setDomainAxis(x.axis());
    chart.getXYPlot().setRangeAxis(y.axis());
    return chart;
  }

  /**
   * A logarithmic axis.
   *
   * @param label what it shows, and in which unit
   * @param base from one tick to the next
   * @param text how a tick is written
   */
  record Scale(String label, double base, DoubleFunction<String> text) {
    static Scale plain(String label) {
      return new Scale(label, 10, Texts::plain);
    }

    static Scale doubling(String label) {
      return new Scale(label, 2, Texts::plain);
    }

    /** For values of 1 / (1 - percentile / 100). */
    static Scale percentiles(String label) {
      return new Scale(label, 10, x -> Texts.percentile(100 - 100 / x));
    }

    private LogAxis axis() {
      LogAxis axis = new LogAxis(label);
      axis.setBase(base);
      axis.setTickUnit(new NumberTickUnit(1, new TickFormat(text)));
      axis.setNumberFormatOverride(new TickFormat(text));
      return axis;
    }
  }

  private static final class TickFormat extends NumberFormat {
    private static final long serialVersionUID = 1;

    private final transient DoubleFunction<String> text;

    TickFormat(DoubleFunction<String> text) {
      this.text = text;
    }

    @Override
    public StringBuffer format(double number, StringBuffer to, FieldPosition position) {
      return to.append(text.apply(number));
    }

    @Override
    public StringBuffer format(long number, StringBuffer to, FieldPosition position) {
      return format((double) number, to, position);
    }

    @Override
    public @Nullable Number parse(String source, ParsePosition position) {
      throw new UnsupportedOperationException("parse");
    }
  }
}
