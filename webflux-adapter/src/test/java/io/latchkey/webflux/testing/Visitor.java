package io.latchkey.webflux.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Somebody with a browser that keeps one cookie and does not follow redirects. Where there are
 * several servers, the requests go to them in turn.
 */
public final class Visitor {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final String cookie;
  private final int[] ports;
  private final AtomicInteger requests = new AtomicInteger();
  private volatile @Nullable String id;

  /** Of servers that keep the session's id in this cookie, on these ports of localhost. */
  public Visitor(String cookie, int... ports) {
    this.cookie = cookie;
    this.ports = ports.clone();
  }

  /** Has this id in the cookie from now on; null for none. */
  public Visitor with(@Nullable String id) {
    this.id = id;
    return this;
  }

  /** The session's id, or null without a cookie. */
  public @Nullable String id() {
    return id;
  }

  /** Asks for a page, and waits for it. */
  public HttpResponse<String> get(String path) {
    return getLater(path).join();
  }

  /** Asks for a page without waiting for it. */
  public CompletableFuture<HttpResponse<String>> getLater(String path) {
    return send(request(path).GET());
  }

  /** The page's text, which must be there. */
  public String page(String path) {
    HttpResponse<String> response = get(path);
    assertThat(response.statusCode()).as(path).isEqualTo(200);
    return response.body();
  }

  /** Sends a form with its token, as a page would have it. */
  public HttpResponse<String> post(String path, String... fields) {
    StringBuilder form = new StringBuilder("_csrf=").append(encoded(page("/csrf")));
    for (int i = 0; i < fields.length; i += 2) {
      form.append('&').append(fields[i]).append('=').append(encoded(fields[i + 1]));
    }
    return postForm(path, form.toString());
  }

  /** Sends a form as another site would. */
  public HttpResponse<String> postWithoutToken(String path) {
    return postForm(path, "");
  }

  /** Signs in as the only user that the applications know. */
  public HttpResponse<String> signIn() {
    return post("/login", "username", "ada", "password", "engine");
  }

  private HttpResponse<String> postForm(String path, String form) {
    return send(request(path)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(form)))
        .join();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private HttpRequest.Builder request(String path) {
    int port = ports[requests.getAndIncrement() % ports.length];
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
            .header("Accept", "text/html")
            .timeout(PATIENCE);
    return id == null ? request : request.header("Cookie", cookie + "=" + id);
  }

  private CompletableFuture<HttpResponse<String>> send(HttpRequest.Builder request) {
    return CLIENT
        .sendAsync(request.build(), HttpResponse.BodyHandlers.ofString())
        .whenComplete(
            (response, error) -> {
              if (response != null) {
                response.headers().allValues("Set-Cookie").forEach(this::keep);
              }
            });
  }

  private void keep(String header) {
    if (header.startsWith(cookie + "=")) {
      String value = header.substring(cookie.length() + 1, header.indexOf(';'));
      id = value.isEmpty() ? null : value;
    }
  }
}
