package io.latchkey.migration.shop;

import java.io.Serializable;
import java.math.BigDecimal;
import java.time.LocalDate;

/** Where and when a visitor wants the goods, and what that costs. */
public record Delivery(String street, LocalDate day, BigDecimal fee, Speed speed)
    implements Serializable {

  /** How fast. */
  public enum Speed {
    NORMAL,
    EXPRESS
  }
}
