package io.latchkey.shop;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** As much of a browser as the tests need: it keeps one cookie and does not follow redirects. */
final class Browser {
  private final HttpClient client = HttpClient.newHttpClient();
  private int port;
  private @Nullable String cookie;

  Browser(int port) {
    this.port = port;
  }

  /** The shop has moved; the cookie is still good there. */
  void goTo(int otherPort) {
    port = otherPort;
  }

  @Nullable String cookie() {
    return cookie;
  }

  void plant(@Nullable String id) {
    cookie = id;
  }

  Page get(String path) {
    return send(request(path).GET());
  }

  Page post(String path, String field, String value) {
    return send(
        request(path)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    field + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8))));
  }

  Page post(String path) {
    return send(request(path).POST(HttpRequest.BodyPublishers.noBody()));
  }

  /** Loads the page that a form led to. */
  Page follow(Page redirect) {
    return get(redirect.header("Location").orElseThrow());
  }

  private HttpRequest.Builder request(String path) {
    var request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + path));
    return cookie == null ? request : request.header("Cookie", "SESSION=" + cookie);
  }

  private Page send(HttpRequest.Builder request) {
    try {
      Page page = new Page(client.send(request.build(), BodyHandlers.ofString()));
      page.setCookie()
          .ifPresent(
              set -> {
                String value = set.substring("SESSION=".length(), set.indexOf(';'));
                cookie = value.isEmpty() ? null : value;
              });
      return page;
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** An answer of the shop. */
  record Page(HttpResponse<String> response) {
    int status() {
      return response.statusCode();
    }

    String body() {
      return response.body();
    }

    Optional<String> header(String name) {
      return response.headers().firstValue(name);
    }

    Optional<String> setCookie() {
      List<String> all = response.headers().allValues("Set-Cookie");
      return all.stream().filter(cookie -> cookie.startsWith("SESSION=")).findFirst();
    }
  }
}
