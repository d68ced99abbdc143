package io.latchkey.testing;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.latchkey.tck.Resp;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.testing.RecordingProxy.Fault;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.MaintNotificationsConfig;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(ValkeyServer.class)
class RecordingProxyTest {
  private final ValkeyServer server;
  private final RecordingProxy proxy;
  private final RedisClient client;
  private final String key;
  private StatefulRedisConnection<String, String> connection;

  RecordingProxyTest(ValkeyServer server) {
    this.server = server;
    this.proxy = RecordingProxy.of(server.uri());
    this.client = RedisClient.create();
    this.key = server.namespace() + ":key";
    this.connection = connect(ProtocolVersion.RESP3);
  }

  @BeforeEach
  void emptyTheKey() {
    server.command("DEL", key);
  }

  @AfterEach
  void close() {
    proxy.close();
    client.shutdown(Duration.ZERO, Duration.ofSeconds(5));
  }

  @Test
  void recordsCommandsWithoutThoseThatSetUpTheConnection() {
    connection.sync().set(key, "value");
    assertThat(connection.sync().get(key)).isEqualTo("value");
    assertThat(proxy.names()).containsExactly("SET", "GET");
    RecordedCommand set = proxy.commands().get(0);
    assertThat(set.args()).isEqualTo(2);
    assertThat(set.bytes()).isEqualTo(Resp.command("SET", key, "value").length);
  }

  @Test
  void recordsThemAllWhenAsked() {
    proxy.withSetup();
    connect(ProtocolVersion.RESP3);
    assertThat(proxy.names()).startsWith("HELLO");
  }

  @Test
  void countsBytesOfBothDirections() {
    connection.sync().set(key, "x".repeat(1_000_000));
    assertThat(proxy.bytesToServer())
        .isEqualTo(proxy.commands().get(0).bytes())
        .isGreaterThan(1_000_000);
    assertThat(proxy.bytesToClient()).isEqualTo("+OK__".length());
    proxy.reset();
    assertThat(connection.sync().get(key)).hasSize(1_000_000);
    assertThat(proxy.bytesToClient()).isEqualTo(1_000_000 + "$1000000____".length());
  }

  @ParameterizedTest
  @EnumSource(ProtocolVersion.class)
  void understandsAnswersOfAllKinds(ProtocolVersion version) {
    connection = connect(version);
    connection.sync().hset(key, "field", "value");
    assertThat(connection.sync().hgetall(key)).containsEntry("field", "value");
    assertThat(connection.sync().zscore(key + "-none", "x")).isNull();
    assertThat(
            connection
                .sync()
                .<List<Object>>eval("return {1,{2,'x'},false}", ScriptOutputType.MULTI))
        .hasSize(3);
    assertThatThrownBy(() -> connection.sync().get(key)).hasMessageContaining("WRONGTYPE");
    assertThat(proxy.roundTrips()).isEqualTo(5);
    assertThat(proxy.unanswered()).isZero();
  }

  @Test
  void oneCommandAfterTheOtherAreRoundTripsEach() {
    connection.sync().get(key);
    connection.sync().get(key);
    connection.sync().get(key);
    assertThat(proxy.roundTrips()).isEqualTo(3);
  }

  @Test
  void commandsSentTogetherAreOneRoundTrip() throws Exception {
    connection.setAutoFlushCommands(false);
    List<RedisFuture<String>> answers = new ArrayList<>();
    IntStream.range(0, 100).forEach(i -> answers.add(connection.async().get(key)));
    connection.flushCommands();
    for (RedisFuture<String> answer : answers) {
      answer.get(10, SECONDS);
    }
    assertThat(proxy.commands()).hasSize(100);
    assertThat(proxy.roundTrips()).isEqualTo(1);
  }

  @Test
  void commandsOfTwoConnectionsThatOverlapAreOneRoundTrip() throws Exception {
    StatefulRedisConnection<String, String> second = connect(ProtocolVersion.RESP3);
    Fault hold = proxy.holdAnswer(command -> command.name().equals("GET"));
    RedisFuture<String> get = connection.async().get(key);
    hold.awaitStruck();
    second.sync().set(key, "value");
    hold.release();
    get.get(10, SECONDS);
    assertThat(proxy.roundTrips()).isEqualTo(1);
    assertThat(proxy.commands()).extracting(RecordedCommand::connection).doesNotHaveDuplicates();
  }

  @Test
  void resetForgetsWhatWas() {
    connection.sync().get(key);
    proxy.reset();
    assertThat(proxy.commands()).isEmpty();
    assertThat(proxy.roundTrips()).isZero();
    assertThat(proxy.bytesToServer()).isZero();
    assertThat(proxy.bytesToClient()).isZero();
  }

  @Test
  void delaysAnswers() {
    proxy.delay(Duration.ofMillis(50));
    long start = System.nanoTime();
    connection.sync().get(key);
    assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(50_000_000);
  }

  @Test
  void holdsAnAnswerWhichTheServerHasGiven() throws Exception {
    Fault hold = proxy.holdAnswer(command -> command.name().equals("SET"));
    RedisFuture<String> set = connection.async().set(key, "value");
    hold.awaitStruck();
    assertThat(server.command("GET", key)).isEqualTo("value");
    assertThat(set.isDone()).isFalse();
    hold.release();
    assertThat(set.get(10, SECONDS)).isEqualTo("OK");
  }

  @Test
  void holdsARequestWhichTheServerHasNotSeen() throws Exception {
    Fault hold = proxy.holdRequest(command -> command.name().equals("SET"));
    RedisFuture<String> set = connection.async().set(key, "value");
    hold.awaitStruck();
    assertThat(server.command("EXISTS", key)).isEqualTo(0L);
    hold.release();
    assertThat(set.get(10, SECONDS)).isEqualTo("OK");
  }

  @Test
  void holdsAllAnswersUntilTheyAreReleased() throws Exception {
    proxy.holdAnswers();
    Future<String> first = connection.async().get(key);
    Future<String> second = connecting(ProtocolVersion.RESP2).thenApply(c -> "connected");
    assertThat(first.isDone()).isFalse();
    assertThat(second.isDone()).isFalse();
    proxy.releaseAnswers();
    assertThat(first.get(10, SECONDS)).isNull();
    assertThat(second.get(10, SECONDS)).isEqualTo("connected");
  }

  @Test
  void takesAPushForNoAnswer() throws Exception {
    StatefulRedisPubSubConnection<String, String> subscriber = client.connectPubSub(uri());
    CompletableFuture<String> message = new CompletableFuture<>();
    subscriber.addListener(
        new RedisPubSubAdapter<>() {
          @Override
          public void message(String channel, String text) {
            message.complete(text);
          }
        });
    subscriber.sync().subscribe(key);
    Fault hold = proxy.holdRequest(command -> command.name().equals("GET"));
    RedisFuture<String> get = subscriber.async().get(key);
    hold.awaitStruck();
    server.command("PUBLISH", key, "hello");
    assertThat(message.get(10, SECONDS)).isEqualTo("hello");
    assertThat(proxy.unanswered()).isEqualTo(1);
    hold.release();
    assertThat(get.get(10, SECONDS)).isNull();
  }

  @Test
  void cutsBeforeTheAnswerOfACommandThatRan() {
    Fault cut = proxy.cutBeforeAnswer(command -> command.name().equals("SET"));
    assertThatThrownBy(() -> connection.async().set(key, "value").get(10, SECONDS));
    cut.awaitStruck();
    assertThat(server.command("GET", key)).isEqualTo("value");
    assertThat(proxy.unanswered()).isZero();
  }

  @Test
  void cutsBeforeTheRequestIsForwarded() {
    Fault cut = proxy.cutBeforeRequest(command -> command.name().equals("SET"));
    assertThatThrownBy(() -> connection.async().set(key, "value").get(10, SECONDS));
    cut.awaitStruck();
    assertThat(server.command("EXISTS", key)).isEqualTo(0L);
    assertThat(proxy.bytesToServer()).isZero();
  }

  @Test
  void faultStrikesOnceAndOnlyWhatItIsFor() {
    proxy.cutBeforeRequest(command -> command.name().equals("DEL"));
    connection.sync().set(key, "value");
    assertThatThrownBy(() -> connection.async().del(key).get(10, SECONDS));
    assertThat(connect(ProtocolVersion.RESP3).sync().del(key)).isEqualTo(1);
  }

  @Test
  void cutsAllConnections() throws Exception {
    Fault hold = proxy.holdAnswer(command -> command.name().equals("GET"));
    RedisFuture<String> get = connection.async().get(key);
    hold.awaitStruck();
    proxy.cutAll();
    assertThatThrownBy(() -> get.get(10, SECONDS));
    proxy.awaitQuiet();
    assertThat(proxy.connections()).isZero();
    assertThat(connect(ProtocolVersion.RESP3).sync().ping()).isEqualTo("PONG");
  }

  @Test
  void refusesNewConnectionsUntilItAcceptsThemAgain() {
    proxy.refuse();
    assertThatThrownBy(() -> connect(ProtocolVersion.RESP3));
    assertThat(connection.sync().ping()).isEqualTo("PONG");
    proxy.accept();
    assertThat(connect(ProtocolVersion.RESP3).sync().ping()).isEqualTo("PONG");
  }

  private StatefulRedisConnection<String, String> connect(ProtocolVersion version) {
    return connecting(version).orTimeout(10, SECONDS).join();
  }

  private CompletableFuture<StatefulRedisConnection<String, String>> connecting(
      ProtocolVersion version) {
    client.setOptions(
        ClientOptions.builder()
            .autoReconnect(false)
            .protocolVersion(version)
            .maintNotificationsConfig(MaintNotificationsConfig.disabled())
            .build());
    return client.connectAsync(StringCodec.UTF8, uri()).toCompletableFuture();
  }

  private RedisURI uri() {
    return RedisURI.create(proxy.uri().replaceFirst("valkey", "redis"));
  }
}
