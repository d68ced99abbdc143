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
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/** Certificates: which are accepted, and what is said of those that are not. */
class TlsTest {
  private static final String PASSWORD = "s3cret";

  @TempDir Path folder;

  private final X509Bundle authority = signedBy(null, b -> b.setIsCertificateAuthority(true));

  @Test
  void aServerWithACertificateOfATrustedAuthorityIsUsed() {
    try (TlsServer server = server(issued(b -> b.addSanIpAddress("127.0.0.1")));
        ValkeySessionStore store = trusting(server).build()) {
      Session session = created(store);
      assertThat(value(store.getAll(List.of(session.id())).collectList())).hasSize(1);
    }
  }

  @Test
  void aTrustManagerOfTheCallersOwnIsAsked() throws Exception {
    try (TlsServer server = server(issued(b -> b.addSanIpAddress("127.0.0.1")));
        ValkeySessionStore store =
            ValkeySessionStore.builder(server.uri())
                .trustManager(authority.toTrustManagerFactory())
                .build()) {
      created(store);
    }
  }

  @Test
  void aCertificateOfAStrangerIsRefused() {
    try (TlsServer server = server(issued(b -> b.addSanIpAddress("127.0.0.1")));
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
    try (TlsServer server = server(expired);
        ValkeySessionStore store = trusting(server).build()) {
      assertRefused(store);
    }
  }

  @Test
  void aCertificateForAnotherNameIsRefused() {
    try (TlsServer server = server(issued(b -> b.addSanDnsName("sessions.example")));
        ValkeySessionStore store = trusting(server).build()) {
      assertRefused(store);
    }
  }

  @Test
  void aCertificateForTheServerNameIsAccepted() {
    try (TlsServer server = server(issued(b -> b.addSanDnsName("sessions.example")));
        ValkeySessionStore store = trusting(server).serverName("sessions.example").build();
        ValkeySessionStore wrong = trusting(server).serverName("others.example").build()) {
      created(store);
      assertRefused(wrong);
    }
  }

  @Test
  void aServerThatWantsACertificateGetsIt() throws IOException {
    X509Bundle client = issued(UnaryOperator.identity());
    Path certificate = write("client.pem", client.getCertificatePathPEM());
    Path key = write("client.key", client.getPrivateKeyPEM());
    try (TlsServer server =
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
  void theFirstCallBlocksNowhere() throws IOException {
    X509Bundle client = issued(UnaryOperator.identity());
    Path certificate = write("client.pem", client.getCertificatePathPEM());
    Path key = write("client.key", client.getPrivateKeyPEM());
    try (TlsServer server =
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

  private ValkeySessionStore.Builder trusting(TlsServer server) {
    return ValkeySessionStore.builder(server.uri()).trustCertificates(folder.resolve("ca.pem"));
  }

  private X509Bundle issued(UnaryOperator<CertificateBuilder> made) {
    return signedBy(authority, made);
  }

  private static X509Bundle signedBy(
      @Nullable X509Bundle issuer, UnaryOperator<CertificateBuilder> made) {
    try {
      CertificateBuilder builder = made.apply(new CertificateBuilder().subject("CN=latchkey-test"));
      return issuer == null
          ? builder.subject("CN=latchkey-test-ca").buildSelfSigned()
          : builder.buildIssuedBy(issuer);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private TlsServer server(X509Bundle certificate, String... args) {
    try {
      Path ca = write("ca.pem", authority.getCertificatePEM());
      Path cert = write("server.pem", certificate.getCertificatePathPEM());
      Path key = write("server.key", certificate.getPrivateKeyPEM());
      int port = freePort();
      List<String> words =
          new ArrayList<>(
              List.of(
                  "--tls-port",
                  Integer.toString(port),
                  "--tls-cert-file",
                  cert.toString(),
                  "--tls-key-file",
                  key.toString(),
                  "--tls-ca-cert-file",
                  ca.toString(),
                  "--tls-auth-clients",
                  "no"));
      words.addAll(List.of(args));
      return new TlsServer(ValkeyServer.start(words.toArray(String[]::new)), port);
    } catch (IllegalStateException e) {
      throw new TestAbortedException("SKIPPED: these servers know no TLS: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path write(String name, String pem) throws IOException {
    return Files.writeString(folder.resolve(name), pem);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private record TlsServer(ServerProcess process, int port) implements AutoCloseable {
    String uri() {
      return "valkeys://127.0.0.1:" + port;
    }

    @Override
    public void close() {
      process.close();
    }
  }
}
