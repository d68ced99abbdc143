package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.PATIENCE;
import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.value;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.testing.RecordedCommand;
import io.latchkey.testing.RecordingProxy;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

/** A call and its command: when it is sent, where, and how it ends. */
class ExchangeTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  private final RecordingProxy proxy = RecordingProxy.of(SERVER.uri());
  private final ValkeySessionStore store =
      ValkeySessionStore.builder(proxy.uri()).connections(2).build();

  @AfterEach
  void close() {
    store.close();
    proxy.close();
  }

  @Test
  void nothingIsSentBeforeItIsAskedFor() {
    Session session = created(store);
    proxy.reset();
    StepVerifier.create(store.get(session.id()), 0)
        .expectSubscription()
        .then(() -> assertThat(proxy.names()).isEmpty())
        .thenRequest(1)
        .expectNextCount(1)
        .expectComplete()
        .verify(PATIENCE);
  }

  @Test
  void whatIsCancelledBeforeItIsAskedForIsNeverSent() {
    Session session = created(store);
    proxy.reset();
    store
        .get(session.id())
        .subscribe(
            new BaseSubscriber<>() {
              @Override
              protected void hookOnSubscribe(Subscription subscription) {
                subscription.cancel();
                subscription.request(1);
              }
            });
    value(store.get(session.id())); // on the same connection, so behind it
    assertThat(proxy.names()).containsExactly("GET");
  }

  @Test
  void whatFollowsAnAnswerGoesOutOnTheSameConnection() {
    List<String> ids = new ArrayList<>();
    Set<Integer> connections = new HashSet<>();
    while (connections.size() < 2 || ids.size() < 16) {
      ids.add(created(store).id());
      proxy.commands().forEach(command -> connections.add(command.connection()));
    }
    proxy.reset();
    Flux.fromIterable(ids).concatMap(store::get).blockLast(PATIENCE);
    assertThat(proxy.commands()).hasSameSizeAs(ids);
    assertThat(proxy.commands())
        .extracting(RecordedCommand::connection)
        .containsOnly(proxy.commands().get(0).connection());
  }

  /** What has met the end of its connection while it was being written. */
  @Test
  void lettuceEndsACommandOfOursInsteadOfReplayingIt() {
    var replayed = ClientFactory.options(Duration.ofSeconds(1), null).getReplayFilter();
    Ending ending = new Ending();
    ServerCommand<byte[]> command = Request.get(new byte[] {'k'}).command(ending);
    assertThat(replayed.test(command)).isTrue();
    assertThat(command.isDone()).isTrue();
    assertThat(ending.error)
        .isInstanceOfSatisfying(
            SessionStoreUnavailableException.class,
            error -> assertThat(error.outcomeUnknown()).isTrue());
    assertThat(
            replayed.test(
                new Command<>(CommandType.PING, new StatusOutput<>(ByteArrayCodec.INSTANCE))))
        .isFalse();
  }

  @Test
  void onlyTheFirstEndOfACommandCounts() {
    Ending ending = new Ending();
    ServerCommand<byte[]> command = Request.get(new byte[] {'k'}).command(ending);
    command.getOutput().set(ByteBuffer.wrap("document".getBytes(UTF_8)));
    command.complete();
    assertThat(command.completeExceptionally(new IllegalStateException())).isFalse();
    command.cancel();
    assertThat(ending.answers).isEqualTo(1);
    assertThat(ending.error).isNull();
  }

  @Test
  void theTextOfACommandHasNeitherItsKeyNorItsAnswer() {
    ServerCommand<byte[]> command = Request.get("secret".getBytes(UTF_8)).command(new Ending());
    command.getOutput().set(ByteBuffer.wrap("secret".getBytes(UTF_8)));
    assertThat(command).hasToString("ServerCommand[GET]");
  }

  /** A tracer asks for them, and Lettuce's own would write a session down. */
  @Test
  void nobodyIsToldTheArgumentsOfACommand() {
    Request<byte[]> plain = Request.get("secret".getBytes(UTF_8));
    Request<byte[]> lettuces =
        new Request<>(
            CommandType.EVAL, Request::bytes, Request.args().addKey("secret".getBytes(UTF_8)));
    for (Request<byte[]> request : List.of(plain, lettuces)) {
      assertThat(request.command(new Ending()).getArgs().toCommandString()).isEmpty();
    }
  }

  @Test
  void aCallerWhoThrowsWhenToldKeepsNobodyElseOnTheConnectionFromBeingTold() {
    List<Session> sessions = List.of(created(store), created(store), created(store));
    value(store.get(sessions.get(0).id()));
    proxy.cutBeforeAnswer(command -> command.name().equals("GET"));
    List<CompletableFuture<Session>> told = new ArrayList<>();
    for (Session session : sessions) {
      store
          .get(session.id())
          .subscribe(
              found -> {},
              error -> {
                throw new IllegalStateException("thrown by a caller");
              });
      told.add(store.get(session.id()).toFuture());
    }
    // Those on the other connection found their sessions.
    told.forEach(each -> assertThat(each.handle((found, error) -> true)).succeedsWithin(PATIENCE));
    assertThat(told).anyMatch(CompletableFuture::isCompletedExceptionally);
  }

  private static final class Ending implements ServerCommand.Receiver<byte[]> {
    private int answers;
    private @Nullable Throwable error;

    @Override
    public void answered(byte @Nullable [] value) {
      answers++;
    }

    @Override
    public void failed(Throwable error) {
      this.error = error;
    }
  }
}
