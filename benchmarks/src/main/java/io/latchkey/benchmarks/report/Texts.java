package io.latchkey.benchmarks.report;

import io.latchkey.benchmarks.StoreType;
import io.latchkey.benchmarks.shop.Variant;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/** How things are called, and numbers are written. */
final class Texts {
  private Texts() {}

  static String name(StoreType store) {
    return switch (store) {
      case LATCHKEY -> "Latchkey";
      case LATCHKEY_HASH -> "Latchkey, hashes";
      case SPRING_SESSION -> "Spring Session";
      case SPRING_SESSION_JSON -> "Spring Session, JSON";
      case VERTX -> "Vert.x";
      case REDISSON -> "Redisson";
      case LETTUCE -> "bare Lettuce";
      case LETTUCE_CONSOLIDATED -> "bare Lettuce, tuned";
    };
  }

  static String name(Variant variant) {
    return switch (variant) {
      case LATCHKEY -> "Latchkey";
      case SPRING_SESSION -> "Spring Session";
      case NONE -> "no session";
    };
  }

  /** Three significant digits, more where they are before the point. */
  static String plain(double number) {
    BigDecimal rounded = BigDecimal.valueOf(number);
    if (Math.abs(number) < 1_000) {
      rounded = rounded.round(new MathContext(3)).stripTrailingZeros();
      return rounded.toPlainString();
    }
    return String.format(Locale.ROOT, "%,d", Math.round(number));
  }

  /** As in {@code 99.9 %}. */
  static String percentile(double percentile) {
    return BigDecimal.valueOf(percentile)
            .setScale(4, RoundingMode.HALF_UP)
            .stripTrailingZeros()
            .toPlainString()
        + " %";
  }

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
