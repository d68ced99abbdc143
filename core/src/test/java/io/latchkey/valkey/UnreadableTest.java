package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.PATIENCE;
import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.error;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.SessionGoneException;
import io.latchkey.UnreadablePolicy;
import io.latchkey.UnreadableSessionException;
import io.latchkey.tck.ValkeyServer;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

/** Rule 6: what cannot be read is absent or an error, is counted, and is left as it is. */
@ExtendWith(ValkeyServer.class)
class UnreadableTest {
  /** What may lie under a session's key instead of the session. */
  enum Instead {
    NOTHING_AT_ALL {
      @Override
      void put(ValkeyServer server, Stored stored) {
        stored.replace("");
      }
    },
    SOMEBODY_ELSES_TEXT {
      @Override
      void put(ValkeyServer server, Stored stored) {
        stored.replace("{\"user\":\"user123\"}".repeat(10));
      }
    },
    BYTES {
      @Override
      void put(ValkeyServer server, Stored stored) {
        String script = "redis.call('SET', KEYS[1], string.rep('\\255\\000', 99), 'PX', 600000)";
        server.command("EVAL", script, "1", stored.key());
      }
    },
    HALF_A_HEADER {
      @Override
      void put(ValkeyServer server, Stored stored) {
        stored.replace(stored.document().substring(0, 50));
      }
    },
    HALF_A_BODY {
      @Override
      void put(ValkeyServer server, Stored stored) {
        stored.replace(stored.document().substring(0, StringDocument.BODY + 20));
      }
    },
    MORE_THAN_A_BODY {
      @Override
      void put(ValkeyServer server, Stored stored) {
        stored.replace(stored.document() + " ");
      }
    },
    A_LATER_VERSION {
      @Override
      void put(ValkeyServer server, Stored stored) {
        stored.replace(stored.document().replace("{\"latchkey\":\"1 ", "{\"latchkey\":\"2 "));
      }
    },
    THE_SAME_PRINTED_PRETTILY {
      @Override
      void put(ValkeyServer server, Stored stored) {
        stored.replace(stored.document().replace("{\"", "{\n  \""));
      }
    },
    A_HASH {
      @Override
      void put(ValkeyServer server, Stored stored) {
        server.command("DEL", stored.key());
        server.command("HSET", stored.key(), "user", "user123");
      }
    },
    A_LIST {
      @Override
      void put(ValkeyServer server, Stored stored) {
        server.command("DEL", stored.key());
        server.command("RPUSH", stored.key(), "user123");
      }
    };

    abstract void put(ValkeyServer server, Stored stored);
  }

  private static final Set<Call> READING = EnumSet.of(Call.GET, Call.GET_ALL, Call.UPDATE);
  private static final Set<Call> WRITING = EnumSet.of(Call.SAVE, Call.ROTATE_ID, Call.TOUCH);

  private final ValkeyServer server;
  private final ValkeySessionStore failing;
  private final ValkeySessionStore ignoring;

  UnreadableTest(ValkeyServer server) {
    this.server = server;
    this.failing = store(UnreadablePolicy.FAIL);
    this.ignoring = store(UnreadablePolicy.ABSENT);
  }

  @AfterEach
  void close() {
    failing.close();
    ignoring.close();
  }

  static Stream<Arguments> reading() {
    return each(READING);
  }

  static Stream<Arguments> writing() {
    return each(WRITING);
  }

  static Stream<Arguments> all() {
    return Stream.concat(reading(), writing());
  }

  private static Stream<Arguments> each(Set<Call> calls) {
    return Arrays.stream(Instead.values())
        .flatMap(instead -> calls.stream().map(call -> Arguments.of(instead, call)));
  }

  @ParameterizedTest
  @MethodSource("all")
  void isAnErrorThatIsCountedAndChangesNothing(Instead instead, Call call) {
    Session session = created(failing);
    Stored stored = Stored.of(server, session);
    instead.put(server, stored);
    String before = stored.dump();
    assertThat(error(call.on(failing, session)))
        .isInstanceOf(UnreadableSessionException.class)
        .hasMessageStartingWith("what is stored for the session ")
        .satisfies(e -> assertThat(Sessions.messages(e)).noneMatch(m -> m.contains("user123")));
    assertThat(failing.stats().unreadable()).isEqualTo(1);
    assertThat(stored.dump()).isEqualTo(before);
  }

  /** Its save asks the server something else than that of one that was only created. */
  @ParameterizedTest
  @MethodSource("writing")
  void isAnErrorForASessionThatWasReadBefore(Instead instead, Call call) {
    Session session = Sessions.value(failing.get(created(failing).id()));
    Stored stored = Stored.of(server, session);
    instead.put(server, stored);
    String before = stored.dump();
    assertThat(error(call.on(failing, session))).isInstanceOf(UnreadableSessionException.class);
    assertThat(failing.stats().unreadable()).isEqualTo(1);
    assertThat(stored.dump()).isEqualTo(before);
  }

  @ParameterizedTest
  @MethodSource("reading")
  void isAbsentForReadsAndCountedAndStays(Instead instead, Call call) {
    Session session = created(ignoring);
    Stored stored = Stored.of(server, session);
    instead.put(server, stored);
    String before = stored.dump();
    StepVerifier.create(call.on(ignoring, session)).expectComplete().verify(PATIENCE);
    assertThat(ignoring.stats().unreadable()).isEqualTo(1);
    assertThat(stored.dump()).isEqualTo(before);
  }

  @ParameterizedTest
  @MethodSource("writing")
  void isGoneForWritesAndCountedAndStays(Instead instead, Call call) {
    Session session = created(ignoring);
    Stored stored = Stored.of(server, session);
    instead.put(server, stored);
    String before = stored.dump();
    if (call == Call.TOUCH) {
      StepVerifier.create(ignoring.touch(session)).expectNext(false).verifyComplete();
    } else {
      assertThat(error(call.on(ignoring, session))).isInstanceOf(SessionGoneException.class);
    }
    assertThat(ignoring.stats().unreadable()).isEqualTo(1);
    assertThat(stored.dump()).isEqualTo(before);
  }

  @Test
  void aDamagedBodyIsNoticedByTheRead() {
    Session session = created(failing);
    Stored stored = Stored.of(server, session);
    stored.replace(stored.document().replace("user123", "user124"));
    assertThat(error(failing.get(session.id()))).isInstanceOf(UnreadableSessionException.class);
    assertThat(failing.stats().unreadable()).isEqualTo(1);
  }

  /** Not later, when the session has been given out and the policy asks nobody any more. */
  @Test
  void aDamagedHeaderIsNoticedByTheRead() {
    Session session = created(ignoring);
    Stored stored = Stored.of(server, session);
    String document = stored.document();
    int space = StringDocument.HEADER + SessionHeader.IDLE - 1;
    stored.replace(document.substring(0, space) + '"' + document.substring(space + 1));
    StepVerifier.create(ignoring.get(session.id()).map(Session::names))
        .expectComplete()
        .verify(PATIENCE);
    assertThat(ignoring.stats().unreadable()).isEqualTo(1);
  }

  @Test
  void oneAmongManyFailsThemUnderFail() {
    List<Session> sessions = List.of(created(failing), created(failing), created(failing));
    Instead.SOMEBODY_ELSES_TEXT.put(server, Stored.of(server, sessions.get(1)));
    StepVerifier.create(failing.getAll(sessions.stream().map(Session::id).toList()))
        .expectNextMatches(session -> session.id().equals(sessions.get(0).id()))
        .expectError(UnreadableSessionException.class)
        .verify(PATIENCE);
    assertThat(failing.stats().unreadable()).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource
  void oneAmongManyIsLeftOutUnderAbsent(Instead instead) {
    List<Session> sessions = List.of(created(ignoring), created(ignoring), created(ignoring));
    instead.put(server, Stored.of(server, sessions.get(1)));
    Flux<String> found =
        ignoring.getAll(sessions.stream().map(Session::id).toList()).map(Session::id);
    StepVerifier.create(found)
        .expectNext(sessions.get(0).id(), sessions.get(2).id())
        .expectComplete()
        .verify(PATIENCE);
    assertThat(ignoring.stats().unreadable()).isEqualTo(1);
  }

  private ValkeySessionStore store(UnreadablePolicy policy) {
    return ValkeySessionStore.builder(server.uri())
        .namespace(server.namespace())
        .unreadable(policy)
        .build();
  }
}
