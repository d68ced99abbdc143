package io.latchkey.benchmarks.report;

import io.latchkey.benchmarks.StoreType;
import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleFunction;
import org.jfree.chart.ChartFactory;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.axis.AxisState;
import org.jfree.chart.axis.LogAxis;
import org.jfree.chart.axis.NumberTick;
import org.jfree.chart.plot.PlotOrientation;
import org.jfree.chart.renderer.xy.XYLineAndShapeRenderer;
import org.jfree.chart.ui.RectangleEdge;
import org.jfree.chart.ui.TextAnchor;
import org.jfree.data.xy.XYSeries;
import org.jfree.data.xy.XYSeriesCollection;

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
            title, null, null, data, PlotOrientation.VERTICAL, true, false, false);
    XYLineAndShapeRenderer renderer = new XYLineAndShapeRenderer(true, dots);
    int number = 0;
    for (StoreType store : series.keySet()) {
      look.line(renderer, number++, store, dots);
    }
    chart.getXYPlot().setRenderer(renderer);
    chart.getXYPlot().setDomainAxis(new Ticked(x));
    chart.getXYPlot().setRangeAxis(new Ticked(y));
    return chart;
  }

  /**
   * A logarithmic axis.
   *
   * @param label what it shows, and in which unit
   * @param base of the powers at which there are ticks
   * @param multiples of these powers at which there are ticks, too
   * @param text how a tick is written
   */
  record Scale(String label, int base, List<Integer> multiples, DoubleFunction<String> text) {
    static Scale plain(String label) {
      return new Scale(label, 10, List.of(1, 2, 5), Texts::plain);
    }

    static Scale doubling(String label) {
      return new Scale(label, 2, List.of(1), Texts::plain);
    }

    /** For values of 1 / (1 - percentile / 100). */
    static Scale percentiles(String label) {
      return new Scale(label, 10, List.of(1), x -> Texts.percentile(100 - 100 / x));
    }
  }

  /** With ticks at round numbers, which those of JFreeChart are at powers of the base only. */
  private static final class Ticked extends LogAxis {
    private static final long serialVersionUID = 1;

    private final transient Scale scale;

    Ticked(Scale scale) {
      super(scale.label);
      this.scale = scale;
    }

    @Override
    public List<NumberTick> refreshTicks(
        Graphics2D graphics, AxisState state, Rectangle2D area, RectangleEdge edge) {
      boolean below = RectangleEdge.isTopOrBottom(edge);
      TextAnchor anchor = below ? TextAnchor.TOP_CENTER : TextAnchor.CENTER_RIGHT;
      List<NumberTick> ticks = new ArrayList<>();
      int power = (int) Math.floor(Math.log(getLowerBound()) / Math.log(scale.base));
      double start = Math.pow(scale.base, power);
      while (start <= getUpperBound()) {
        for (int multiple : scale.multiples) {
          double value = start * multiple;
          if (value >= getLowerBound() && value <= getUpperBound()) {
            ticks.add(new NumberTick(value, scale.text.apply(value), anchor, TextAnchor.CENTER, 0));
          }
        }
        start *= scale.base;
      }
      return ticks;
    }
  }
}
