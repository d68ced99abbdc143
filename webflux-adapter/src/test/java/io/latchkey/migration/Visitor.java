package io.latchkey.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Somebody with a browser that keeps one cookie and does not follow redirects. */
final class Visitor {
  static final String COOKIE = "SHOP";
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final int port;
  private @Nullable String id;

  Visitor(RunningShop shop) {
    this(shop, null);
  }

  Visitor(RunningShop shop, @Nullable String id) {
    this.port = shop.port();
    this.id = id;
  }

  /** The session's id, or null without a cookie. */
  @Nullable String id() {
    return id;
  }

  HttpResponse<String> get(String path) {
    return send(request(path).GET());
  }

  /** The page's text, which must be there. */
  String page(String path) {
    HttpResponse<String> response = get(path);
    assertThat(response.statusCode()).as(path).isEqualTo(200);
    return response.body();
  }

  /** Sends a form with its token, as a page would have it. */
  HttpResponse<String> post(String path, String... fields) {
    StringBuilder form = new StringBuilder("_csrf=").append(encoded(page("/csrf")));
    for (int i = 0; i < fields.length; i += 2) {
      form.append('&').append(fields[i]).append('=').append(encoded(fields[i + 1]));
    }
    return postForm(path, form.toString());
  }

  HttpResponse<String> postWithoutToken(String path) {
    return postForm(path, "");
  }

  HttpResponse<String> signIn() {
    return post("/login", "username", "ada", "password", "engine");
  }

  private HttpResponse<String> postForm(String path, String form) {
    return send(
        request(path)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(form)));
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
            .header("Accept", "text/html")
            .timeout(PATIENCE);
    return id == null ? request : request.header("Cookie", COOKIE + "=" + id);
  }

  private HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      HttpResponse<String> response =
          CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
      response.headers().allValues("Set-Cookie").forEach(this::keep);
      return response;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private void keep(String cookie) {
    if (cookie.startsWith(COOKIE + "=")) {
      String value = cookie.substring(COOKIE.length() + 1, cookie.indexOf(';'));
      id = value.isEmpty() ? null : value;
    }
  }
}
