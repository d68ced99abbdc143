package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.PATIENCE;
import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.error;
import static io.latchkey.valkey.Sessions.messages;
import static io.latchkey.valkey.Sessions.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.tck.RespConnection;
import io.latchkey.tck.ServerProcess;
import io.latchkey.tck.ValkeyServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/** What a URI cannot say of a connection. */
class ConnectionOptionsTest {
  @Test
  void credentialsThatHaveChangedAreUsedByTheNextConnection() {
    AtomicReference<Credentials> current = new AtomicReference<>(Credentials.of("app", "first"));
    AtomicInteger asked = new AtomicInteger();
    try (ServerProcess own = ValkeyServer.start("--requirepass", "admin");
        RespConnection admin = RespConnection.open(own.uri().replace("://", "://:admin@"));
        ValkeySessionStore store =
            ValkeySessionStore.builder(own.uri())
                .connections(1)
                .credentials(
                    () -> {
                      asked.incrementAndGet();
                      return Mono.fromSupplier(current::get);
                    })
                .build()) {
      admin.call("ACL", "SETUSER", "app", "on", ">first", "~*", "+@all");
      created(store);
      created(store);
      assertThat(asked).hasValue(1);
      current.set(Credentials.of("app", "second"));
      admin.call("ACL", "SETUSER", "app", "resetpass", ">second");
      created(store);
      admin.call("CLIENT", "KILL", "USER", "app");
      assertThat(
              value(
                      store
                          .create(Map.of())
                          .retryWhen(Retry.fixedDelay(Long.MAX_VALUE, Duration.ofMillis(20)))
                          .timeout(PATIENCE))
                  .id())
          .hasSize(40);
      assertThat(asked).hasValueGreaterThan(1);
    }
  }

  @Test
  void aProviderThatFailsIsSaidWithoutRepeatingWhatItSays() {
    try (ServerProcess own = ValkeyServer.start();
        ValkeySessionStore failing =
            ValkeySessionStore.builder(own.uri())
                .credentials(() -> Mono.error(new IllegalStateException("s3cret")))
                .build();
        ValkeySessionStore empty =
            ValkeySessionStore.builder(own.uri()).credentials(Mono::empty).build()) {
      Throwable error = error(failing.create(Map.of()));
      assertThat(error)
          .isInstanceOf(SessionStoreUnavailableException.class)
          .hasMessage("the credentials provider failed with java.lang.IllegalStateException");
      assertThat(messages(error)).noneMatch(message -> message.contains("s3cret"));
      assertThat(error(empty.create(Map.of()))).hasMessage("the credentials provider gave none");
    }
  }

  @Test
  void credentialsTellNothing() {
    assertThat(Credentials.of("app", "s3cret").toString()).doesNotContain("app", "s3cret");
  }

  @Test
  void theServerListsTheConnectionsUnderTheirName() {
    try (ServerProcess own = ValkeyServer.start();
        RespConnection admin = RespConnection.open(own.uri());
        ValkeySessionStore store =
            ValkeySessionStore.builder(own.uri()).clientName("shop-7").build();
        ValkeySessionStore unnamed = ValkeySessionStore.connect(own.uri())) {
      created(store);
      created(unnamed);
      assertThat(String.valueOf(admin.call("CLIENT", "LIST")))
          .contains(" name=shop-7 ", " name=latchkey ");
    }
  }

  /** A primary whose name now leads to another server. */
  @Test
  void aServerThatHasBecomeAReplicaIsLookedUpAnew() {
    try (ServerProcess own = ValkeyServer.start();
        RespConnection admin = RespConnection.open(own.uri());
        ValkeySessionStore store = ValkeySessionStore.builder(own.uri()).connections(1).build()) {
      created(store);
      Object before = admin.call("INFO", "stats");
      admin.call("REPLICAOF", "127.0.0.1", "1");
      assertThat(error(store.create(Map.of()))).hasMessageContaining("READONLY");
      admin.call("REPLICAOF", "NO", "ONE");
      created(store);
      assertThat(connectionsReceived(admin.call("INFO", "stats")))
          .isEqualTo(connectionsReceived(before) + 1);
    }
  }

  /** It may never answer again, while another one serves. */
  @Test
  void aConnectionOnWhichNothingComesAnyMoreIsClosed() {
    try (FakeServer fake =
            new FakeServer(
                command ->
                    command.get(0).equals("HELLO")
                        ? FakeServer.hello("8.0.1")
                        : FakeServer.SILENCE);
        ValkeySessionStore store =
            ValkeySessionStore.builder(fake.uri())
                .connections(1)
                .commandTimeout(Duration.ofSeconds(1))
                .build()) {
      assertThat(error(store.create(Map.of()))).hasMessageContaining("commandTimeout");
      assertThat(
              value(
                  Mono.defer(() -> Mono.just(error(store.create(Map.of()))))
                      .filter(e -> !String.valueOf(e.getMessage()).contains("commandTimeout"))
                      .repeatWhenEmpty(repeat -> repeat)
                      .timeout(PATIENCE)
                      .subscribeOn(Schedulers.boundedElastic())))
          .isInstanceOf(SessionStoreUnavailableException.class);
    }
  }

  static Stream<Arguments> excluded() throws Exception {
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init((KeyStore) null);
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(null, new char[0]);
    Credentials.Provider credentials = () -> Mono.just(Credentials.ofPassword("s3cret"));
    return Stream.of(
        refused("valkey://:s3cret@localhost", b -> b.credentials(credentials), "credentials"),
        refused("valkey-cluster://u:s3cret@a,b", b -> b.credentials(credentials), "credentials"),
        refused("valkey://localhost", b -> b.sentinelCredentials(credentials), "sentinelCred"),
        refused("valkey://localhost", b -> b.trustManager(trust), "trustManager needs"),
        refused("valkey-cluster://a", b -> b.keyManager(keys), "keyManager needs"),
        refused("redis://localhost", b -> b.serverName("a.example"), "serverName needs"));
  }

  @ParameterizedTest
  @MethodSource("excluded")
  void optionsAndUrisThatExcludeEachOtherAreRefused(
      String uri, Consumer<ValkeySessionStore.Builder> option, String words) {
    ValkeySessionStore.Builder builder = ValkeySessionStore.builder(uri);
    option.accept(builder);
    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(words)
        .hasMessageNotContaining("s3cret");
  }

  @Test
  void filesThatAreNotPemAreRefusedWhereTheyAreSet(@TempDir Path folder) throws Exception {
    Path other = Files.writeString(folder.resolve("other.pem"), "s3cret");
    Path missing = folder.resolve("missing.pem");
    ValkeySessionStore.Builder builder = ValkeySessionStore.builder("valkeys://localhost");
    assertThatThrownBy(() -> builder.trustCertificates(other))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("trustCertificates", "other.pem");
    assertThatThrownBy(() -> builder.trustCertificates(missing))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("trustCertificates", "missing.pem");
    assertThatThrownBy(() -> builder.clientCertificate(other, other))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("clientCertificate", "other.pem")
        .hasMessageNotContaining("s3cret");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a\nb", "é"})
  void aNameThatTheServerRefusesIsRefusedHere(String name) {
    ValkeySessionStore.Builder builder = ValkeySessionStore.builder("valkeys://localhost");
    assertThatThrownBy(() -> builder.clientName(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("clientName");
  }

  private static long connectionsReceived(@Nullable Object stats) {
    return String.valueOf(stats)
        .lines()
        .filter(line -> line.startsWith("total_connections_received:"))
        .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(':') + 1)))
        .sum();
  }

  private static Arguments refused(
      String uri, Consumer<ValkeySessionStore.Builder> option, String words) {
    return arguments(uri, option, words);
  }
}
