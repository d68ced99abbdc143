package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.error;
import static io.latchkey.valkey.Sessions.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.ConflictPolicy;
import io.latchkey.Session;
import io.latchkey.SessionConflictException;
import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.testing.RecordingProxy;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * Under {@link ConflictPolicy#REJECT} nobody writes over what they have not seen, also where a call
 * failed half way. Found by the histories, seeds 1360 and 573.
 */
@ParameterizedClass
@EnumSource
class RejectUnderFaultsTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  private final RecordingProxy proxy = RecordingProxy.of(SERVER.uri());
  private final ValkeySessionStore mine;
  private final ValkeySessionStore theirs;

  RejectUnderFaultsTest(Layout layout) {
    mine = store(proxy.uri(), layout);
    theirs = store(SERVER.uri(), layout);
  }

  private static ValkeySessionStore store(String uri, Layout layout) {
    return ValkeySessionStore.builder(uri)
        .namespace(SERVER.namespace())
        .layout(layout)
        .conflicts(ConflictPolicy.REJECT)
        .connections(1)
        .build();
  }

  @AfterEach
  void close() {
    mine.close();
    theirs.close();
    proxy.close();
  }

  @Test
  void aRotationThatFailedLeavesTheObjectWithWhatItHasRead() {
    value(mine.rotateId(created(mine))); // the server knows the script from now on
    Session session = created(mine);
    value(theirs.save(value(theirs.get(session.id())).set("user", "theirs")));
    AtomicInteger attempts = new AtomicInteger();
    // The first meets their save; of the second nobody knows whether it was executed.
    proxy.cutBeforeRequest(
        command -> command.name().startsWith("EVAL") && attempts.incrementAndGet() == 2);
    assertThat(error(mine.rotateId(session))).isInstanceOf(SessionStoreUnavailableException.class);

    assertThat(session.get("user", String.class)).contains("user123");
    assertThat(error(whenBack(session.set("user", "mine"))))
        .isInstanceOf(SessionConflictException.class);
    assertThat(value(theirs.get(session.id())).get("user", String.class)).contains("theirs");
  }

  @Test
  void aFirstSaveOfUnknownOutcomeIsNotRepeatedOverOthersChanges() {
    created(mine); // the connection is open, and the script is known
    Session session = mine.newSession().set("user", "mine");
    proxy.cutBeforeAnswer(
        command -> command.name().equals("SET") || command.name().startsWith("EVAL"));
    assertThat(error(mine.save(session))).isInstanceOf(SessionStoreUnavailableException.class);
    value(theirs.save(value(theirs.get(session.id())).set("user", "theirs")));

    assertThat(error(whenBack(session))).isInstanceOf(SessionConflictException.class);
    assertThat(value(theirs.get(session.id())).get("user", String.class)).contains("theirs");
  }

  /** Saves it as soon as there is a connection again. */
  private Mono<Session> whenBack(Session session) {
    return mine.save(session)
        .retryWhen(
            Retry.fixedDelay(500, Duration.ofMillis(20))
                .filter(
                    error ->
                        error instanceof SessionStoreUnavailableException unavailable
                            && !unavailable.outcomeUnknown()));
  }
}
