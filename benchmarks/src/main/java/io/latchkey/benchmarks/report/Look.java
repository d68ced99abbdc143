package io.latchkey.benchmarks.report;

import io.latchkey.benchmarks.StoreType;
import io.latchkey.benchmarks.shop.Variant;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Paint;
import java.awt.Shape;
import java.awt.geom.Ellipse2D;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.axis.Axis;
import org.jfree.chart.axis.ValueAxis;
import org.jfree.chart.block.BlockBorder;
import org.jfree.chart.plot.CategoryPlot;
import org.jfree.chart.plot.Plot;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.category.BarRenderer;
import org.jfree.chart.renderer.category.StandardBarPainter;
import org.jfree.chart.renderer.xy.XYLineAndShapeRenderer;
import org.jfree.chart.ui.RectangleEdge;
import org.jfree.chart.ui.RectangleInsets;

/**
 * How charts look: on a light and on a dark page, with one colour for each store in all of them.
 */
enum Look {
  LIGHT(new Color(0xffffff), new Color(0x1f2328), new Color(0xd8dee4)),
  DARK(new Color(0x161b22), new Color(0xe6edf3), new Color(0x3a424c));

  /** Told apart by those who do not see all colours, too (Okabe and Ito). */
  private static final Color BLUE = new Color(0x0072b2);

  private static final Color BRIGHT_BLUE = new Color(0x3d9be9);
  private static final Color SKY = new Color(0x7cc4ee);
  private static final Color VERMILION = new Color(0xd55e00);
  private static final Color BRIGHT_VERMILION = new Color(0xf4772e);
  private static final Color ORANGE = new Color(0xe69f00);
  private static final Color PINK = new Color(0xcc79a7);
  private static final Color GREEN = new Color(0x009e73);
  private static final Color LIGHT_GREY = new Color(0xd0d7de);
  private static final Color GREY = new Color(0xa0a6ad);
  private static final Color DARK_GREY = new Color(0x6e7781);

  private static final Font TITLE = new Font(Font.SANS_SERIF, Font.BOLD, 17);
  private static final Font LABEL = new Font(Font.SANS_SERIF, Font.PLAIN, 13);
  private static final float LINE = 2f;
  private static final float OUR_LINE = 3.2f;
  private static final Shape DOT = new Ellipse2D.Double(-3.5, -3.5, 7, 7);

  private final Color background;
  private final Color text;
  private final Color grid;

  Look(Color background, Color text, Color grid) {
    this.background = background;
    this.text = text;
    this.grid = grid;
  }

  Paint color(StoreType store) {
    return switch (store) {
      case LATCHKEY -> this == DARK ? BRIGHT_BLUE : BLUE;
      case LATCHKEY_HASH -> SKY;
      case SPRING_SESSION -> this == DARK ? BRIGHT_VERMILION : VERMILION;
      case SPRING_SESSION_JSON -> ORANGE;
      case VERTX -> PINK;
      case REDISSON -> GREEN;
      case LETTUCE -> this == DARK ? LIGHT_GREY : GREY;
      case LETTUCE_CONSOLIDATED -> this == DARK ? GREY : DARK_GREY;
    };
  }

  Paint color(Variant variant) {
    return switch (variant) {
      case LATCHKEY -> color(StoreType.LATCHKEY);
      case SPRING_SESSION -> color(StoreType.SPRING_SESSION);
      case NONE -> color(StoreType.LETTUCE_CONSOLIDATED);
    };
  }

  Color text() {
    return text;
  }

  Font font() {
    return LABEL;
  }

  void applyTo(JFreeChart chart) {
    chart.setBackgroundPaint(background);
    chart.setPadding(new RectangleInsets(12, 12, 12, 20));
    chart.getTitle().setFont(TITLE);
    chart.getTitle().setPaint(text);
    chart.getTitle().setMargin(0, 0, 8, 0);
    if (chart.getLegend() != null) {
      chart.getLegend().setPosition(RectangleEdge.BOTTOM);
      chart.getLegend().setItemFont(LABEL);
      chart.getLegend().setItemPaint(text);
      chart.getLegend().setBackgroundPaint(background);
      chart.getLegend().setFrame(BlockBorder.NONE);
      chart.getLegend().setItemLabelPadding(new RectangleInsets(2, 4, 2, 12));
    }
    Plot plot = chart.getPlot();
    plot.setBackgroundPaint(background);
    plot.setOutlineVisible(false);
    if (plot instanceof XYPlot xy) {
      xy.setDomainGridlinePaint(grid);
      xy.setRangeGridlinePaint(grid);
      xy.setDomainGridlineStroke(new BasicStroke(1));
      xy.setRangeGridlineStroke(new BasicStroke(1));
      apply(xy.getDomainAxis());
      apply(xy.getRangeAxis());
    } else if (plot instanceof CategoryPlot bars) {
      bars.setRangeGridlinePaint(grid);
      bars.setRangeGridlineStroke(new BasicStroke(1));
      apply(bars.getDomainAxis());
      apply(bars.getRangeAxis());
      BarRenderer renderer = (BarRenderer) bars.getRenderer();
      renderer.setBarPainter(new StandardBarPainter());
      renderer.setShadowVisible(false);
      renderer.setItemMargin(0.06);
      renderer.setMaximumBarWidth(0.12);
      renderer.setDefaultItemLabelPaint(text);
      renderer.setDefaultItemLabelFont(LABEL);
    }
  }

  void line(XYLineAndShapeRenderer renderer, int series, StoreType store, boolean dots) {
    boolean ours = store == StoreType.LATCHKEY;
    renderer.setSeriesPaint(series, color(store));
    renderer.setSeriesStroke(
        series,
        new BasicStroke(ours ? OUR_LINE : LINE, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    renderer.setSeriesShape(series, DOT);
    renderer.setSeriesShapesVisible(series, dots);
  }

  private void apply(Axis axis) {
    axis.setLabelFont(LABEL);
    axis.setLabelPaint(text);
    axis.setTickLabelFont(LABEL);
    axis.setTickLabelPaint(text);
    axis.setAxisLinePaint(grid);
    axis.setTickMarkPaint(grid);
    if (axis instanceof ValueAxis values) {
      values.setMinorTickMarksVisible(false);
    }
  }
}
