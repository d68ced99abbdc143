package io.latchkey.shop;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.springframework.web.server.WebSession;

/**
 * A visitor's cart, as it lies in the session: one attribute per product, {@code cart.teapot=2}. So
 * two tabs that add different products at the same moment do not undo each other's change, as they
 * would with one attribute for the whole cart.
 *
 * @param lines what is in it, in the order of the catalogue
 */
record Cart(List<Line> lines) {
  private static final String PREFIX = "cart.";
  private static final int MOST_OF_ONE = 99;

  /**
   * Some of one product.
   *
   * @param product the product
   * @param quantity how many
   */
  record Line(Product product, int quantity) {
    public String price() {
      return format(product.cents() * quantity);
    }
  }

  static Cart of(WebSession session, Catalogue catalogue) {
    List<Line> lines = new ArrayList<>();
    for (Product product : catalogue.products()) {
      if (session.getAttribute(PREFIX + product.id()) instanceof Integer quantity) {
        lines.add(new Line(product, quantity));
      }
    }
    return new Cart(lines);
  }

  static void add(WebSession session, Product product) {
    session
        .getAttributes()
        .merge(
            PREFIX + product.id(), 1, (before, one) -> Math.min((Integer) before + 1, MOST_OF_ONE));
  }

  static void remove(WebSession session, Product product) {
    session.getAttributes().remove(PREFIX + product.id());
  }

  public int count() {
    return lines.stream().mapToInt(Line::quantity).sum();
  }

  public String total() {
    return format(lines.stream().mapToInt(line -> line.product().cents() * line.quantity()).sum());
  }

  static String format(int cents) {
    return String.format(Locale.ROOT, "€ %d.%02d", cents / 100, cents % 100);
  }
}
