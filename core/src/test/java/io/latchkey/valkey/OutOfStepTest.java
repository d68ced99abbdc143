package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.PATIENCE;
import static io.latchkey.valkey.Sessions.error;
import static io.latchkey.valkey.Sessions.value;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.SessionStoreException;
import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.histories.BlockingAllowed;
import io.latchkey.tck.RespConnection;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.testing.PipelineErrors;
import io.latchkey.testing.RecordedCommand;
import io.latchkey.testing.RecordingProxy;
import io.latchkey.testing.TestCluster;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.resource.ClientResources;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;

/** Answers that do not belong to their request, and errors while they are read. */
class OutOfStepTest {
  @RegisterExtension static final ValkeyServer SERVER = new ValkeyServer();

  private static final Duration TIMEOUT = Duration.ofMillis(500);
  private static final int KEYS = 200;

  /** The first of two keys whose values come with one read. */
  private static final int TINY = KEYS;

  private static final int ROUNDS = Integer.getInteger("latchkey.outOfStep.rounds", 20);
  private static final String TYPES = "+-:$*_#,(!=%~>|";

  private static String namespace = "";

  private final ClientResources resources = BlockingAllowed.resources();
  private final RecordingProxy proxy = RecordingProxy.of(SERVER.uri());
  private final PipelineErrors errors = new PipelineErrors();

  @BeforeAll
  static void fill() {
    namespace = SERVER.namespace();
    Random random = new Random(1);
    try (RespConnection admin = RespConnection.open(SERVER.uri())) {
      for (int i = 0; i < KEYS; i++) {
        admin.call("SET", key(i), key(i) + "|" + hostile(random) + "|" + key(i));
      }
      admin.call("SET", key(TINY), "a");
      admin.call("SET", key(TINY + 1), "b");
    }
  }

  @AfterAll
  static void empty() {
    try (RespConnection admin = RespConnection.open(SERVER.uri())) {
      for (int i = 0; i < TINY + 2; i++) {
        admin.call("UNLINK", key(i));
      }
    }
  }

  @AfterEach
  void close() {
    proxy.close();
    resources.shutdown(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  /** What breaks, at a random place. */
  enum Damage {
    LOST {
      @Override
      void plan(Random random, RecordingProxy proxy, PipelineErrors errors) {
        proxy.damageAnswers(nth(random), RecordingProxy.losing(size(random), size(random)));
      }
    },
    REPEATED {
      @Override
      void plan(Random random, RecordingProxy proxy, PipelineErrors errors) {
        proxy.damageAnswers(nth(random), RecordingProxy.repeating(size(random), size(random)));
      }
    },
    THROWN {
      @Override
      void plan(Random random, RecordingProxy proxy, PipelineErrors errors) {
        errors.throwAfter(random.nextInt(40));
      }
    };

    abstract void plan(Random random, RecordingProxy proxy, PipelineErrors errors);

    private static Predicate<RecordedCommand> nth(Random random) {
      AtomicInteger left = new AtomicInteger(random.nextInt(KEYS));
      return command -> command.name().equals("GET") && left.decrementAndGet() < 0;
    }

    private static int size(Random random) {
      return 1 + random.nextInt(random.nextBoolean() ? 10 : 3_000);
    }
  }

  @ParameterizedTest
  @EnumSource
  void nobodyEverGetsAnAnswerOfAnotherKey(Damage damage) {
    Random random = new Random(7);
    List<String> foreign = new ArrayList<>();
    int broken = 0;
    try (Wire wire = new Wire(proxy.uri(), TIMEOUT, errors.in(resources))) {
      for (int round = 0; round < ROUNDS; round++) {
        damage.plan(random, proxy, errors);
        foreign.addAll(foreign(wire));
        awaitConnection(wire);
      }
      broken = (int) wire.brokenConnections();
    }
    assertThat(foreign).isEmpty();
    assertThat(broken).isGreaterThan(ROUNDS / 4);
  }

  /** Reads all keys at once, and gives what came under a key and is not its value. */
  private static List<String> foreign(Wire wire) {
    return value(
        Flux.range(0, 2 * KEYS)
            .flatMap(
                i ->
                    wire.ask(request(i % KEYS))
                        .map(value -> belongs(i % KEYS, value) ? "" : key(i % KEYS))
                        .onErrorReturn(SessionStoreException.class, ""),
                2 * KEYS)
            .filter(key -> !key.isEmpty())
            .collectList());
  }

  private static Request<byte[]> request(int i) {
    return get(i).provenBy(value -> belongs(i, value));
  }

  private static Request<byte[]> get(int i) {
    return Request.get(key(i).getBytes(ISO_8859_1));
  }

  @Test
  void whatComesBehindAForeignAnswerInTheSameBufferIsNotBelievedEither() {
    Request<byte[]> foreign = get(TINY).provenBy(value -> false);
    try (Wire wire = new Wire(proxy.uri(), TIMEOUT)) {
      byte[] second = "$1\r\nx\r\n".getBytes(ISO_8859_1);
      proxy.damageAnswers(
          command -> true,
          bytes -> {
            byte[] both = Arrays.copyOf(bytes, bytes.length + second.length);
            System.arraycopy(second, 0, both, bytes.length, second.length);
            return both;
          });
      proxy.holdAnswers();
      List<CompletableFuture<byte[]>> calls =
          List.of(wire.ask(foreign).toFuture(), wire.ask(get(TINY + 1)).toFuture());
      TestCluster.await("both are written", () -> proxy.unanswered() == 2);
      proxy.releaseAnswers();
      assertThat(calls).allSatisfy(OutOfStepTest::assertUnavailable);
    }
  }

  /** Also where no answer could prove anything. */
  @Test
  void anErrorInThePipelineEndsTheConnectionAndAllCallsInFlight() {
    try (Wire wire = new Wire(proxy.uri(), TIMEOUT, errors.in(resources))) {
      proxy.holdAnswers();
      List<CompletableFuture<byte[]>> calls =
          List.of(wire.ask(get(TINY)).toFuture(), wire.ask(get(TINY + 1)).toFuture());
      TestCluster.await("both are written", () -> proxy.unanswered() == 2);
      errors.throwAfter(0);
      proxy.releaseAnswers();
      assertThat(calls).allSatisfy(OutOfStepTest::assertUnavailable);
      assertThat(wire.brokenConnections()).isEqualTo(1);
    }
  }

  @Test
  void anErrorWhileACommandIsWrittenEndsTheConnection() {
    try (Wire wire = new Wire(proxy.uri(), TIMEOUT)) {
      CommandArgs<byte[], byte[]> unwritable =
          new CommandArgs<>(ByteArrayCodec.INSTANCE) {
            @Override
            public void encode(ByteBuf out) {
              throw new OutOfMemoryError("thrown by a test");
            }
          };
      assertThat(error(wire.ask(new Request<>(CommandType.GET, Request::bytes, unwritable))))
          .isInstanceOf(SessionStoreException.class);
      awaitConnection(wire);
      assertThat(wire.brokenConnections()).isEqualTo(1);
    }
  }

  private static void assertUnavailable(CompletableFuture<?> call) {
    assertThat(call)
        .failsWithin(PATIENCE)
        .withThrowableThat()
        .havingCause()
        .isInstanceOfSatisfying(
            SessionStoreUnavailableException.class,
            unavailable -> assertThat(unavailable.outcomeUnknown()).isTrue());
  }

  @Test
  void aBrokenConnectionIsCountedAndLoggedOnceWithoutKeys() {
    try (Logged log = Logged.by(BrokenConnections.class);
        Wire wire = new Wire(proxy.uri(), TIMEOUT)) {
      error(wire.ask(get(1).provenBy(value -> false)));
      assertThat(wire.brokenConnections()).isEqualTo(1);
      assertThat(log.all)
          .singleElement()
          .asString()
          .contains("an answer did not belong to its request")
          .doesNotContain(namespace);
    }
  }

  @Test
  void workGoesOnInLessThanASecondAfterIt() {
    try (Wire wire = new Wire(proxy.uri(), TIMEOUT)) {
      error(wire.ask(get(1).provenBy(value -> false)));
      long since = System.nanoTime();
      awaitConnection(wire);
      assertThat(Duration.ofNanos(System.nanoTime() - since)).isLessThan(Duration.ofSeconds(1));
    }
  }

  /** They would be the answer to the next command. */
  @Test
  void bytesThatNobodyAskedForBreakTheConnection() {
    try (Wire wire = new Wire(proxy.uri(), TIMEOUT)) {
      UnaryOperator<byte[]> twice = bytes -> RecordingProxy.repeating(bytes.length, 0).apply(bytes);
      proxy.damageAnswers(command -> true, twice);
      wire.ask(request(1)).onErrorComplete().block(PATIENCE);
      TestCluster.await("it is broken", () -> wire.brokenConnections() == 1);
    }
  }

  @Test
  void anAnswerOfAnotherKindBreaksTheConnection() {
    try (Wire wire = new Wire(proxy.uri(), TIMEOUT)) {
      proxy.damageAnswers(command -> true, bytes -> ":1\r\n".getBytes(ISO_8859_1));
      assertThat(error(wire.ask(request(1)))).isInstanceOf(SessionStoreUnavailableException.class);
      assertThat(wire.brokenConnections()).isEqualTo(1);
    }
  }

  @Test
  void anAbsentValueProvesNothingAndBreaksNothing() {
    try (Wire wire = new Wire(proxy.uri(), TIMEOUT)) {
      byte[] nobody = (namespace + ":nobody").getBytes(ISO_8859_1);
      assertThat(wire.ask(Request.get(nobody).provenBy(value -> false)).blockOptional(PATIENCE))
          .isEmpty();
      assertThat(wire.brokenConnections()).isZero();
    }
  }

  private static void awaitConnection(Wire wire) {
    TestCluster.await(
        "it works again", () -> value(wire.ask(request(0)).hasElement().onErrorReturn(false)));
  }

  private static String key(int i) {
    return namespace + ":" + (1000 + i);
  }

  private static boolean belongs(int i, byte[] value) {
    String text = new String(value, ISO_8859_1);
    return text.startsWith(key(i) + "|") && text.endsWith("|" + key(i));
  }

  /** Runs of bytes that mean something where an answer begins. */
  private static String hostile(Random random) {
    StringBuilder text = new StringBuilder();
    int length = random.nextInt(3_000);
    while (text.length() < length) {
      switch (random.nextInt(5)) {
        case 0 -> text.append("\r\n");
        case 1 -> text.append(random.nextInt(30)).append("\r\n");
        case 2 -> text.append("$").append(random.nextInt(30)).append("\r\n");
        case 3 ->
            text.append(
                String.valueOf(TYPES.charAt(random.nextInt(TYPES.length())))
                    .repeat(1 + random.nextInt(40)));
        default -> text.append("+OK\r\n");
      }
    }
    return text.toString();
  }
}
