package io.latchkey.testing;

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
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.opentest4j.TestAbortedException;

/**
 * An authority of one test's own, which no JDK trusts, and servers with certificates that it
 * issued. Where the servers of the tests know no TLS, the test is skipped.
 *
 * <p>For use by one thread at a time.
 */
public final class TestTls {
  private final Path folder;
  private final X509Bundle authority = signedBy(null, b -> b.setIsCertificateAuthority(true));

  /**
   * A new authority.
   *
   * @param folder where files may be written, to be deleted by the test
   */
  public TestTls(Path folder) {
    this.folder = folder;
    write("ca.pem", authority.getCertificatePEM());
  }

  /** The authority's own certificate. */
  public X509Bundle authority() {
    return authority;
  }

  /** The authority's own certificate, in PEM. */
  public Path authorityFile() {
    return folder.resolve("ca.pem");
  }

  /** A certificate with its key. */
  public X509Bundle issued(UnaryOperator<CertificateBuilder> made) {
    return signedBy(authority, made);
  }

  /** Writes a file. */
  public Path write(String name, String pem) {
    try {
      return Files.writeString(folder.resolve(name), pem);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Starts a server with TLS.
   *
   * @param args further options of the server
   * @return the running server, to be closed by the test
   */
  public Server start(X509Bundle certificate, String... args) {
    return start(List.of(), certificate, args);
  }

  /**
   * Starts a sentinel with TLS, which speaks it to the primary, too.
   *
   * @param name what it calls the primary
   * @param primary a server with the same certificate
   * @return the running sentinel, to be closed by the test
   */
  public Server startSentinel(X509Bundle certificate, String name, Server primary) {
    Path file =
        write(
            "sentinel.conf", "sentinel monitor " + name + " 127.0.0.1 " + primary.port() + " 1\n");
    return start(List.of(file.toString()), certificate, "--tls-replication", "yes", "--sentinel");
  }

  private Server start(List<String> file, X509Bundle certificate, String... args) {
    Path cert = write("server.pem", certificate.getCertificatePathPEM());
    Path key = write("server.key", certificate.getPrivateKeyPEM());
    int port = freePort();
    List<String> words = new ArrayList<>(file);
    words.addAll(List.of("--tls-port", Integer.toString(port)));
    words.addAll(List.of("--tls-cert-file", cert.toString(), "--tls-key-file", key.toString()));
    words.addAll(List.of("--tls-ca-cert-file", authorityFile().toString()));
    words.addAll(List.of("--tls-auth-clients", "no"));
    words.addAll(List.of(args));
    try {
      return new Server(ValkeyServer.start(words.toArray(String[]::new)), port);
    } catch (IllegalStateException e) {
      throw new TestAbortedException("SKIPPED: these servers know no TLS: " + e.getMessage(), e);
    }
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

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A running server, and its port for TLS. */
  public record Server(ServerProcess process, int port) implements AutoCloseable {
    /** Where it is. */
    public String uri() {
      return "valkeys://127.0.0.1:" + port;
    }

    @Override
    public void close() {
      process.close();
    }
  }
}
