package io.latchkey.valkey;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** Reads certificates and private keys in PEM; errors name the option and the file alone. */
final class Pem {
  private static final Pattern PRIVATE_KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----");

  private static final List<String> KEY_ALGORITHMS = List.of("RSA", "EC", "EdDSA");

  private Pem() {}

  /** Trusts the certificates in the file, and no others. */
  static TrustManagerFactory trust(String option, Path file) {
    try {
      KeyStore store = emptyStore();
      int number = 0;
      for (Certificate certificate : certificates(option, file)) {
        store.setCertificateEntry("trusted-" + number++, certificate);
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      return trust;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("this JDK cannot keep certificates", e);
    }
  }

  /** Shows the certificate of the first file, with the key of the second. */
  static KeyManagerFactory identity(String option, Path certificate, Path key) {
    Collection<? extends Certificate> chain = certificates(option, certificate);
    PrivateKey privateKey = privateKey(option, key);
    try {
      KeyStore store = emptyStore();
      char[] none = new char[0];
      store.setKeyEntry("client", privateKey, none, chain.toArray(Certificate[]::new));
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(store, none);
      return keys;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("this JDK cannot keep a key", e);
    }
  }

  private static Collection<? extends Certificate> certificates(String option, Path file) {
    byte[] bytes = read(option, file);
    Collection<? extends Certificate> certificates;
    try {
      certificates =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(bytes));
    } catch (CertificateException e) {
      certificates = List.of();
    }
    if (certificates.isEmpty()) {
      throw new IllegalArgumentException(
          option + " needs a file with certificates in PEM, but there is none in " + file);
    }
    return certificates;
  }

  private static PrivateKey privateKey(String option, Path file) {
    String text = new String(read(option, file), StandardCharsets.ISO_8859_1);
    Matcher pem = PRIVATE_KEY.matcher(text);
    PrivateKey key = pem.find() ? decode(pem.group(1)) : null;
    if (key == null) {
      throw new IllegalArgumentException(
          option
              + " needs an unencrypted private key in PEM (PKCS#8, as \"openssl pkcs8 -topk8"
              + " -nocrypt\" writes it), but there is none in "
              + file);
    }
    return key;
  }

  private static @Nullable PrivateKey decode(String base64) {
    byte[] bytes;
    try {
      bytes = Base64.getMimeDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      return null;
    }
    for (String algorithm : KEY_ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(bytes));
      } catch (InvalidKeySpecException e) {
        // It is a key of another algorithm.
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("this JDK knows no keys of " + algorithm, e);
      }
    }
    return null;
  }

  private static byte[] read(String option, Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new IllegalArgumentException(option + " names a file that cannot be read: " + file, e);
    }
  }

  private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }
}
