package io.latchkey.webflux;

import static io.latchkey.webflux.TestServer.body;
import static io.latchkey.webflux.TestServer.cookie;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.valkey.ValkeySessionStore;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpCookie;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import org.springframework.test.web.reactive.server.EntityExchangeResult;
import org.springframework.web.server.WebSession;
import org.springframework.web.server.session.InMemoryWebSessionStore;
import org.springframework.web.server.session.WebSessionStore;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Cookies of the session's name that somebody else has put beside the visitor's own. */
class PlantedCookiesTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  private final TestSessions.MovableClock clock = new TestSessions.MovableClock();
  private final ValkeySessionStore valkey =
      ValkeySessionStore.builder(SERVER.uri())
          .namespace(SERVER.namespace())
          .touchInterval(Duration.ofSeconds(30))
          .clock(clock)
          .build();
  private final RecordingStore sessions = new RecordingStore();
  private @Nullable TestServer server = serving(new LatchkeyWebSessionStore(sessions));

  @AfterEach
  void stop() {
    Objects.requireNonNull(server).close();
    valkey.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 5, 15})
  void livingSessionIsFoundInOneRoundTripWhereverItsCookieIs(int position) {
    String id = session("ada");
    List<String> ids = planted(15);
    ids.add(position, id);

    EntityExchangeResult<String> result = request(ids);

    assertThat(body(result)).isEqualTo("ada");
    assertThat(sessions.calls).containsExactly("getAll");
  }

  @Test
  void noCookieIsSentForAPlantedOne() {
    List<String> ids = planted(5);
    ids.add(session("ada"));

    assertThat(cookie(request(ids))).isNull();
  }

  @Test
  void idsThatFindNothingCostOneRoundTrip() {
    assertThat(body(request(planted(16)))).isEqualTo("nobody");

    assertThat(sessions.calls).containsExactly("getAll");
  }

  @Test
  void singleIdIsReadByItself() {
    assertThat(body(request(List.of(session("ada"))))).isEqualTo("ada");

    assertThat(sessions.calls).containsExactly("get");
  }

  @Test
  void malformedIdsArePassedOver() {
    List<String> ids = new ArrayList<>(List.of(session("ada")));
    ids.addAll(IntStream.range(0, 20).mapToObj(i -> "short" + i).toList());
    ids.addAll(IntStream.range(0, 20).mapToObj(i -> i + "*".repeat(38)).toList());

    assertThat(body(request(ids))).isEqualTo("ada");
  }

  @Test
  void ofTwoLivingSessionsTheLastOneIsTaken() {
    assertThat(body(request(List.of(session("mallory"), session("ada"))))).isEqualTo("ada");
  }

  @Test
  void accessIsRecordedOfTheSessionThatIsTakenOnly() {
    String other = session("mallory");
    String id = session("ada");
    clock.advance(Duration.ofMinutes(1));

    request(List.of(other, id));

    assertThat(sessions.touched).containsExactly(id);
  }

  @Test
  void accessThatIsNotDueIsNotRecorded() {
    request(List.of(session("mallory"), session("ada")));

    assertThat(sessions.touched).isEmpty();
  }

  @Test
  void storeOfAnotherKindSeesAllIds() {
    var memory = new InMemoryWebSessionStore();
    WebSession session = Objects.requireNonNull(memory.createWebSession().block());
    session.getAttributes().put("user", "ada");
    session.save().block();
    Objects.requireNonNull(server).close();
    server = serving(memory);
    List<String> ids = planted(5);
    ids.add(session.getId());

    assertThat(body(request(ids))).isEqualTo("ada");
  }

  /** Whatever there is in the cookies: up to 16 ids, well-formed, each once, and no exception. */
  @Test
  void randomCookiesGiveAFewWellFormedIds() {
    var random = new Random(13);
    LatchkeyWebSessionIdResolver resolver = LatchkeyWebSessionIdResolver.withDefaults();
    for (int i = 0; i < 20_000; i++) {
      var request = MockServerHttpRequest.get("http://localhost/");
      for (int j = random.nextInt(40); j > 0; j--) {
        request.cookie(new HttpCookie("SESSION", randomValue(random)));
      }
      assertWellFormed(resolver.resolveSessionIds(MockServerWebExchange.from(request)));
    }
  }

  @Test
  void randomCookieHeadersNeverFailARequest() throws IOException {
    var random = new Random(13);
    try (var socket = new Socket("localhost", Objects.requireNonNull(server).port())) {
      socket.setSoTimeout((int) TestServer.PATIENCE.toMillis());
      for (int i = 0; i < 500; i++) {
        String header =
            IntStream.range(0, random.nextInt(40))
                .mapToObj(j -> (random.nextInt(5) == 0 ? "" : "SESSION=") + randomValue(random))
                .collect(Collectors.joining(random.nextInt(5) == 0 ? ";" : "; "))
                // The HTTP server refuses these by itself.
                .replaceAll("[\\u0001\\u007f]", "");
        socket
            .getOutputStream()
            .write(
                ("GET / HTTP/1.1\r\nHost: localhost\r\nCookie: " + header + "\r\n\r\n")
                    .getBytes(StandardCharsets.ISO_8859_1));
        assertThat(statusLine(socket.getInputStream())).as(header).contains("200 OK");
      }
    }
  }

  private static void assertWellFormed(List<String> ids) {
    assertThat(ids)
        .hasSizeLessThanOrEqualTo(16)
        .doesNotHaveDuplicates()
        .allMatch(id -> id.matches("[A-Za-z0-9_-]{1,64}"));
  }

  private static String randomValue(Random random) {
    String characters =
        random.nextBoolean()
            ? "abcXYZ019-_"
            : "aZ0-_ \t\"=,;:/\\()<>@[]?{}%&'*+.!#$^`|~\u007f\u0001\u00e4\u00ff";
    return random
        .ints(random.nextInt(70), 0, characters.length())
        .mapToObj(c -> String.valueOf(characters.charAt(c)))
        .collect(Collectors.joining());
  }

  /** The body of these responses is of known length, and ends what is read. */
  private static String statusLine(InputStream in) throws IOException {
    var response = new StringBuilder();
    while (!response.toString().endsWith("nobody")) {
      int next = in.read();
      if (next < 0) {
        break;
      }
      response.append((char) next);
    }
    return response.substring(0, Math.max(0, response.indexOf("\r\n")));
  }

  private List<String> planted(int number) {
    return IntStream.range(0, number)
        .mapToObj(i -> valkey.newSession().id())
        .collect(Collectors.toCollection(ArrayList::new));
  }

  private String session(String user) {
    return Objects.requireNonNull(valkey.create(Map.of("user", user)).block()).id();
  }

  private EntityExchangeResult<String> request(List<String> ids) {
    String header = ids.stream().map(id -> "SESSION=" + id).collect(Collectors.joining("; "));
    return Objects.requireNonNull(server).request("/", Map.of(), Map.of("Cookie", header));
  }

  private static TestServer serving(WebSessionStore store) {
    return TestServer.of(
        store,
        exchange ->
            exchange
                .getSession()
                .flatMap(
                    session ->
                        TestServer.write(
                            exchange, session.getAttributeOrDefault("user", "nobody"))));
  }

  private final class RecordingStore extends ForwardingStore {
    final List<String> calls = new CopyOnWriteArrayList<>();
    final List<String> touched = new CopyOnWriteArrayList<>();

    RecordingStore() {
      super(valkey);
    }

    @Override
    public Mono<Session> get(String id) {
      calls.add("get");
      return super.get(id);
    }

    @Override
    public Flux<Session> getAll(Collection<String> ids) {
      calls.add("getAll");
      return super.getAll(ids);
    }

    @Override
    public Mono<Boolean> touch(Session session) {
      touched.add(session.id());
      return super.touch(session);
    }
  }
}
