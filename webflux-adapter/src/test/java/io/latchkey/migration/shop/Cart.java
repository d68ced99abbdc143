package io.latchkey.migration.shop;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What a visitor is about to buy: a bean, as one writes them for Java's serialisation. */
public class Cart implements Serializable {
  private static final long serialVersionUID = 1L;

  private List<Line> lines = new ArrayList<>();

  /** The lines, which may be changed. */
  public List<Line> getLines() {
    return lines;
  }

  /** Replaces the lines. */
  public void setLines(List<Line> lines) {
    this.lines = lines;
  }

  /** One more of an item. */
  void add(String item) {
    for (Line line : lines) {
      if (line.getItem().equals(item)) {
        line.setCount(line.getCount() + 1);
        return;
      }
    }
    Line line = new Line();
    line.setItem(item);
    line.setCount(1);
    lines.add(line);
  }

  @Override
  public String toString() {
    return lines.stream()
        .map(line -> line.getCount() + " " + line.getItem())
        .collect(Collectors.joining(", "));
  }

  /** Some of one item. */
  public static class Line implements Serializable {
    private static final long serialVersionUID = 1L;

    private String item = "";
    private int count;

    /** What it is. */
    public String getItem() {
      return item;
    }

    /** Says what it is. */
    public void setItem(String item) {
      this.item = item;
    }

    /** How many of it. */
    public int getCount() {
      return count;
    }

    /** Says how many of it. */
    public void setCount(int count) {
      this.count = count;
    }
  }
}
