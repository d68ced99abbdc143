package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.PATIENCE;
import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.error;
import static io.latchkey.valkey.Sessions.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.tck.ServerProcess;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.testing.TestCluster;
import io.latchkey.testing.TestTls;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/** Certificates: which are accepted, and what is said of those that are not. */
class TlsTest {
  private static final String PASSWORD = "s3cret";

  private final TestTls tls;

  TlsTest(@TempDir Path folder) {
    tls = new TestTls(folder);
  }

  @Test
  void aServerWithACertificateOfATrustedAuthorityIsUsed() {
    try (TestTls.Server server = server(issued(b -> b.addSanIpAddress("127.0.0.1")));
        ValkeySessionStore store = trusting(server).build()) {
      Session session = created(store);
      assertThat(value(store.getAll(List.of(session.id())).collectList())).hasSize(1);
    }
  }

  @Test
  void aTrustManagerOfTheCallersOwnIsAsked() throws Exception {
    try (TestTls.Server server = server(issued(b -> b.addSanIpAddress("127.0.0.1")));
        ValkeySessionStore store =
            ValkeySessionStore.builder(server.uri())
                .trustManager(tls.authority().toTrustManagerFactory())
                .build()) {
      created(store);
    }
  }

  @Test
  void aCertificateOfAStrangerIsRefused() {
    try (TestTls.Server server = server(issued(b -> b.addSanIpAddress("127.0.0.1")));
        ValkeySessionStore store = ValkeySessionStore.connect(server.uri())) {
      assertRefused(store);
    }
  }

  @Test
  void aCertificateThatHasExpiredIsRefused() {
    X509Bundle expired =
        issued(
            b ->
                b.addSanIpAddress("127.0.0.1")
                    .notBefore(Instant.parse("2020-01-01T00:00:00Z"))
                    .notAfter(Instant.parse("2021-01-01T00:00:00Z")));
    try (TestTls.Server server = server(expired);
        ValkeySessionStore store = trusting(server).build()) {
      assertRefused(store);
    }
  }

  @Test
  void aCertificateForAnotherNameIsRefused() {
    try (TestTls.Server server = server(issued(b -> b.addSanDnsName("sessions.example")));
        ValkeySessionStore store = trusting(server).build()) {
      assertRefused(store);
    }
  }

  @Test
  void aCertificateForTheServerNameIsAccepted() {
    try (TestTls.Server server = server(issued(b -> b.addSanDnsName("sessions.example")));
        ValkeySessionStore store = trusting(server).serverName("sessions.example").build();
        ValkeySessionStore wrong = trusting(server).serverName("others.example").build()) {
      created(store);
      assertRefused(wrong);
    }
  }

  @Test
  void aServerThatWantsACertificateGetsIt() {
    X509Bundle client = issued(UnaryOperator.identity());
    Path certificate = tls.write("client.pem", client.getCertificatePathPEM());
    Path key = tls.write("client.key", client.getPrivateKeyPEM());
    try (TestTls.Server server =
            server(issued(b -> b.addSanIpAddress("127.0.0.1")), "--tls-auth-clients", "yes");
        ValkeySessionStore known = trusting(server).clientCertificate(certificate, key).build();
        ValkeySessionStore unknown = trusting(server).build()) {
      created(known);
      assertThat(error(unknown.create(Map.of())))
          .isInstanceOfSatisfying(
              SessionStoreUnavailableException.class,
              error -> assertThat(error.outcomeUnknown()).isFalse());
    }
  }

  /** The port tells: the sentinel speaks without TLS on another one. */
  @Test
  void aSentinelIsAskedAndListenedToByTlsAlone() {
    X509Bundle certificate = issued(b -> b.addSanIpAddress("127.0.0.1"));
    try (TestTls.Server primary = server(certificate);
        TestTls.Server sentinel = tls.startSentinel(certificate, "m", primary);
        ValkeySessionStore store = behind(sentinel.port()).clientName("listening").build();
        ValkeySessionStore plain =
            behind(sentinel.process().port()).commandTimeout(Duration.ofMillis(500)).build()) {
      created(store);
      TestCluster.await(
          "the sentinel has a listener",
          () -> !SentinelSwitchTest.listeners(sentinel.process(), "listening").isEmpty());
      assertThat(SentinelSwitchTest.listeners(sentinel.process(), "listening"))
          .singleElement()
          .asString()
          .contains(" laddr=127.0.0.1:" + sentinel.port() + " ");
      assertThat(error(plain.create(Map.of())))
          .isInstanceOfSatisfying(
              SessionStoreUnavailableException.class,
              error -> assertThat(error.outcomeUnknown()).isFalse());
    }
  }

  @Test
  void aProviderThatNeverAnswersIsSaidAndMayRecover() {
    AtomicReference<Mono<Credentials>> given = new AtomicReference<>(Mono.never());
    try (ServerProcess server = ValkeyServer.start("--requirepass", PASSWORD);
        ValkeySessionStore store =
            ValkeySessionStore.builder(server.uri())
                .commandTimeout(Duration.ofMillis(500))
                .credentials(() -> Mono.defer(given::get))
                .build()) {
      assertThat(error(store.create(Map.of())))
          .isInstanceOfSatisfying(
              SessionStoreUnavailableException.class,
              error -> assertThat(error.outcomeUnknown()).isFalse())
          .hasMessageContaining("the credentials provider did not answer");
      given.set(Mono.just(Credentials.ofPassword(PASSWORD)));
      assertThat(
              store
                  .create(Map.of())
                  .retryWhen(Retry.fixedDelay(100, Duration.ofMillis(50)))
                  .block(PATIENCE))
          .isNotNull();
    }
  }

  /** With all that is asked for before: certificates, and credentials that take a while to come. */
  @Test
  void theFirstCallBlocksNowhere() {
    X509Bundle client = issued(UnaryOperator.identity());
    Path certificate = tls.write("client.pem", client.getCertificatePathPEM());
    Path key = tls.write("client.key", client.getPrivateKeyPEM());
    try (TestTls.Server server =
        server(
            issued(b -> b.addSanDnsName("localhost")),
            "--tls-auth-clients",
            "yes",
            "--requirepass",
            PASSWORD)) {
      for (int i = 0; i < 3; i++) {
        ValkeySessionStore store =
            trusting(server)
                .serverName("localhost")
                .clientCertificate(certificate, key)
                .credentials(
                    () ->
                        Mono.delay(Duration.ofMillis(20))
                            .map(later -> Credentials.of("default", PASSWORD)))
                .build();
        value(
            Mono.defer(() -> store.create(Map.of("user", "user123")))
                .subscribeOn(Schedulers.parallel()));
        Mono.defer(store::closeAsync).subscribeOn(Schedulers.parallel()).block(PATIENCE);
      }
    }
  }

  private static void assertRefused(ValkeySessionStore store) {
    assertThat(error(store.create(Map.of())))
        .isInstanceOfSatisfying(
            SessionStoreUnavailableException.class,
            error -> assertThat(error.outcomeUnknown()).isFalse())
        .hasMessageContaining("no TLS connection to the server could be made");
  }

  private ValkeySessionStore.Builder trusting(TestTls.Server server) {
    return ValkeySessionStore.builder(server.uri()).trustCertificates(tls.authorityFile());
  }

  private ValkeySessionStore.Builder behind(int sentinelPort) {
    return ValkeySessionStore.builder(
            "valkeys-sentinel://127.0.0.1:" + sentinelPort + "?sentinelMasterId=m")
        .trustCertificates(tls.authorityFile());
  }

  private X509Bundle issued(UnaryOperator<CertificateBuilder> made) {
    return tls.issued(made);
  }

  private TestTls.Server server(X509Bundle certificate, String... args) {
    return tls.start(certificate, args);
  }
}
