package io.latchkey.shop;

import io.latchkey.Session;
import io.latchkey.SessionStore;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.reactive.result.view.Rendering;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebSession;
import reactor.core.publisher.Mono;

/** Shows visitors what the server keeps of them: all of it, but for the id. */
@Controller
class SessionPageController {
  private final SessionStore sessions;
  private final Visitor.Door door;
  private final Clock clock = Clock.systemUTC();

  SessionPageController(SessionStore sessions, Visitor.Door door) {
    this.sessions = sessions;
    this.door = door;
  }

  /**
   * One line of the page.
   *
   * @param name what it is
   * @param value what is stored
   */
  record Field(String name, String value) {}

  @GetMapping("/session")
  Mono<Rendering> session(ServerWebExchange exchange, WebSession session) {
    Visitor visitor = door.recognise(exchange, session);
    // Asked of the store once more, to show what lies there and not what this request holds.
    return (session.isStarted() ? sessions.get(session.getId()) : Mono.<Session>empty())
        .map(Optional::of)
        .defaultIfEmpty(Optional.empty())
        .map(
            stored ->
                ShopController.page("session", visitor)
                    .modelAttribute("stored", stored.isPresent())
                    .modelAttribute("attributes", stored.map(this::attributes).orElse(List.of()))
                    .modelAttribute("times", stored.map(this::times).orElse(List.of()))
                    .modelAttribute("remaining", stored.map(this::remaining).orElse(""))
                    .build());
  }

  private List<Field> attributes(Session session) {
    var values = new TreeMap<String, String>();
    for (String name : session.names()) {
      values.put(name, session.get(name, Object.class).map(String::valueOf).orElse("null"));
    }
    return values.entrySet().stream().map(e -> new Field(e.getKey(), e.getValue())).toList();
  }

  private List<Field> times(Session session) {
    return List.of(
        new Field("created", time(session.createdAt())),
        new Field("last access written down", time(session.lastAccessedAt())),
        new Field("kept after the last access for", words(session.idleTimeout())));
  }

  private String remaining(Session session) {
    return session
        .expiresAt()
        .map(end -> words(Duration.between(clock.instant(), end)))
        .orElse("for ever");
  }

  private static String time(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString().replace('T', ' ').replace("Z", " UTC");
  }

  static String words(Duration duration) {
    if (duration.equals(Session.NEVER_IDLE)) {
      return "ever";
    }
    var words = new StringBuilder();
    append(words, duration.toDays(), "day");
    append(words, duration.toHoursPart(), "hour");
    append(words, duration.toMinutesPart(), "minute");
    append(words, duration.toSecondsPart(), "second");
    return words.isEmpty() ? "less than a second" : words.toString();
  }

  private static void append(StringBuilder words, long amount, String unit) {
    if (amount > 0) {
      words.append(words.isEmpty() ? "" : " ").append(amount).append(' ').append(unit);
      words.append(amount == 1 ? "" : "s");
    }
  }
}
