package io.latchkey.benchmarks.shop;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** Fills the carts of visitors, over HTTP. */
final class Visitors {
  /** What each of them takes, by product. */
  static final Map<String, Integer> CART = Map.of("brass-key", 1, "teapot", 2, "mug", 1);

  private static final int SEE_OTHER = 303;

  private final HttpClient http = HttpClient.newHttpClient();
  private final URI cart;

  Visitors(int port) {
    this.cart = URI.create("http://127.0.0.1:" + port + "/cart");
  }

  /**
   * New visitors with their carts; the cookie of each. Where there are no sessions, the cart is
   * there already, and there are no cookies: they are empty.
   */
  List<String> come(Variant variant, int number) throws IOException, InterruptedException {
    if (variant == Variant.NONE) {
      return Collections.nCopies(number, "");
    }
    List<String> cookies = new ArrayList<>();
    for (int visitor = 0; visitor < number; visitor++) {
      String cookie = "";
      for (Map.Entry<String, Integer> item : CART.entrySet()) {
        for (int i = 0; i < item.getValue(); i++) {
          cookie = add(item.getKey(), cookie);
        }
      }
      cookies.add(cookie);
    }
    return cookies;
  }

  /** The cart page as this visitor sees it. */
  String page(String cookie) throws IOException, InterruptedException {
    HttpRequest request = withCookie(cookie).GET().build();
    HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new IllegalStateException("The cart page answers " + response.statusCode());
    }
    return response.body();
  }

  private String add(String item, String cookie) throws IOException, InterruptedException {
    HttpRequest request =
        withCookie(cookie)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString("item=" + item))
            .build();
    HttpResponse<Void> response = http.send(request, HttpResponse.BodyHandlers.discarding());
    if (response.statusCode() != SEE_OTHER) {
      throw new IllegalStateException("The shop takes nothing: " + response.statusCode());
    }
    return response
        .headers()
        .firstValue("Set-Cookie")
        .map(set -> set.substring(0, set.indexOf(';')))
        .orElse(cookie);
  }

  private HttpRequest.Builder withCookie(String cookie) {
    HttpRequest.Builder request = HttpRequest.newBuilder(cart);
    return cookie.isEmpty() ? request : request.header("Cookie", cookie);
  }
}
