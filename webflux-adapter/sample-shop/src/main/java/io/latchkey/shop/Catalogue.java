package io.latchkey.shop;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** All that the shop sells. */
@Component
class Catalogue {
  private static final List<Product> PRODUCTS =
      List.of(
          new Product("brass-key", "Brass key", "Cut by hand, opens one door only", 1450),
          new Product("doormat", "Doormat", "Coir, for muddy boots", 2900),
          new Product("lantern", "Porch lantern", "Warm light, left on for you", 5400),
          new Product("doorbell", "Doorbell", "One clear note, no melody", 3800),
          new Product("teapot", "Teapot", "Holds four cups and a long talk", 4200),
          new Product("mug", "Stoneware mug", "Heavy enough to stay put", 1600),
          new Product("fern", "Boston fern", "Happy in any hallway", 2250),
          new Product("blanket", "Wool blanket", "For the chair by the window", 7900));

  List<Product> products() {
    return PRODUCTS;
  }

  Optional<Product> find(@Nullable String id) {
    return PRODUCTS.stream().filter(product -> product.id().equals(id)).findFirst();
  }
}
