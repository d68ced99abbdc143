package io.latchkey.benchmarks.report;

import java.awt.Paint;
import java.text.NumberFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jfree.chart.ChartFactory;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.axis.AxisLocation;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.labels.StandardCategoryItemLabelGenerator;
import org.jfree.chart.plot.PlotOrientation;
import org.jfree.chart.renderer.category.BarRenderer;
import org.jfree.data.category.CategoryDataset;
import org.jfree.data.category.DefaultCategoryDataset;

/** Bars from zero, with their values written at them; gathered, then drawn. */
final class Bars {
  private final DefaultCategoryDataset data = new DefaultCategoryDataset();
  private final List<Function<Look, Paint>> colors = new ArrayList<>();

  /** A bar of a series, which has one colour, in a group. */
  void add(String series, Function<Look, Paint> color, String group, double value) {
    if (data.getRowIndex(series) < 0) {
      colors.add(color);
    }
    data.addValue(value, series, group);
  }

  boolean isEmpty() {
    return data.getRowCount() == 0;
  }

  int groups() {
    return data.getColumnCount();
  }

  int bars() {
    return data.getColumnCount() * data.getRowCount();
  }

  /** Lying bars, one below the other. */
  JFreeChart draw(Look look, String title, String unit) {
    boolean grouped = groups() > 1;
    JFreeChart chart =
        ChartFactory.createBarChart(
            title, null, unit, data, PlotOrientation.HORIZONTAL, true, false, false);
    BarRenderer renderer = (BarRenderer) chart.getCategoryPlot().getRenderer();
    renderer.setDefaultItemLabelGenerator(new Value());
    renderer.setDefaultItemLabelsVisible(true);
    for (int row = 0; row < colors.size(); row++) {
      renderer.setSeriesPaint(row, colors.get(row).apply(look));
    }
    chart.getCategoryPlot().getDomainAxis().setCategoryMargin(grouped ? 0.18 : 0.05);
    chart.getCategoryPlot().getDomainAxis().setTickLabelsVisible(grouped);
    chart.getCategoryPlot().setRangeAxisLocation(AxisLocation.BOTTOM_OR_LEFT);
    NumberAxis axis = (NumberAxis) chart.getCategoryPlot().getRangeAxis();
    axis.setNumberFormatOverride(NumberFormat.getIntegerInstance(Locale.ROOT));
    axis.setStandardTickUnits(NumberAxis.createIntegerTickUnits());
    // Room for the value of the longest.
    axis.setUpperMargin(0.12);
    return chart;
  }

  private static final class Value extends StandardCategoryItemLabelGenerator {
    private static final long serialVersionUID = 1;

    @Override
    public String generateLabel(CategoryDataset dataset, int row, int column) {
      Number value = dataset.getValue(row, column);
      return value == null ? "" : Texts.plain(value.doubleValue());
    }
  }
}
