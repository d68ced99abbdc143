package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.value;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.latchkey.Session;
import io.latchkey.internal.SessionId;
import io.latchkey.internal.SessionIds;
import io.latchkey.tck.RespConnection;
import io.latchkey.tck.ServerProcess;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.testing.TestCluster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;

/** What somebody learns who reads the store, a dump of it, or what it sends and receives. */
class StoredSecretsTest {
  private static final Duration GRACE = Duration.ofMillis(400);
  private static final Pattern SALT_OR_SECRET = Pattern.compile("(?=([A-Za-z0-9_-]{24}))");

  private final ServerProcess server = ValkeyServer.start("--repl-diskless-sync-delay", "0");
  private final RespConnection admin = RespConnection.open(server.uri());
  private final List<String> ids = new ArrayList<>();

  @AfterEach
  void close() {
    admin.close();
    server.close();
  }

  @ParameterizedTest
  @EnumSource
  void noSecretIsInKeysValuesDumpsCommandsOrTheReplicationStream(Layout layout) {
    try (Listener monitor = new Listener(server.uri(), "MONITOR");
        Listener replication = new Listener(server.uri(), "SYNC");
        ValkeySessionStore store = store(layout)) {
      TestCluster.await("the listeners", () -> monitor.heard("+OK") && replication.heard("REDIS"));
      liveALife(store);
      admin.call("SET", "the-end", "of-it");
      TestCluster.await("the end", () -> monitor.heard("the-end") && replication.heard("the-end"));
      String all = monitor.text() + replication.text() + everythingStored();
      assertThat(all).contains(ids.get(0).substring(0, 16));
      for (String id : ids) {
        assertThat(all).doesNotContain(id.substring(16));
      }
    }
  }

  /** Nobody has to be left who would remove anything. */
  @ParameterizedTest
  @EnumSource
  void afterTheGraceAFormerIdAndACopyOfTheStoreDoNotGiveThePresentId(Layout layout) {
    Session former;
    Session present;
    try (ValkeySessionStore store = store(layout)) {
      former = value(store.create(Map.of("user", "ada")));
      present = value(store.renewId(former, Duration.ofNanos(1), GRACE));
      assertThat(computable(former.id(), everythingStored())).contains(present.id());
    }
    TestCluster.await("the end of the grace", () -> keys().size() == 1);
    assertThat(computable(former.id(), everythingStored())).doesNotContain(present.id());
    try (ValkeySessionStore store = store(layout)) {
      assertThat(value(store.get(present.id())).names()).containsExactly("user");
      assertThat(store.get(former.id()).blockOptional()).isEmpty();
    }
  }

  private void liveALife(ValkeySessionStore store) {
    Session session = know(value(store.create(Map.of("user", "ada"))));
    session = know(value(store.save(session.set("cart", List.of("lamp")))));
    value(store.touch(session));
    Session former = session;
    session = know(value(store.renewId(session, Duration.ofNanos(1), Duration.ofMinutes(1))));
    know(value(store.renewId(value(store.get(former.id())), Duration.ofDays(1), GRACE)));
    session = know(value(store.rotateId(session.set("signedIn", true))));
    session = know(value(store.rotateId(session, Duration.ofMinutes(1))));
    value(store.update(session.id(), s -> Mono.just(s.set("n", 1))));
    value(store.getAll(ids).collectList());
    Session second = know(value(store.create(Map.of("user", "ada"))));
    value(store.delete(second.id()));
  }

  private Session know(Session session) {
    ids.add(session.id());
    return session;
  }

  /** The ids that follow from a former one and each text that could be a salt. */
  private static List<String> computable(String former, String stored) {
    SessionId id = requireNonNull(SessionId.parse(former));
    List<String> computable = new ArrayList<>();
    Matcher salts = SALT_OR_SECRET.matcher(stored);
    while (salts.find()) {
      computable.add(SessionIds.renewed(id, salts.group(1)).text());
      computable.add(id.locator() + salts.group(1));
    }
    return computable;
  }

  private List<String> keys() {
    List<String> keys = new ArrayList<>();
    ((List<?>) requireNonNull(admin.call("KEYS", "latchkey:*")))
        .forEach(key -> keys.add(String.valueOf(key)));
    return keys;
  }

  private String everythingStored() {
    StringBuilder all = new StringBuilder();
    for (String key : keys()) {
      boolean isHash = "hash".equals(admin.call("TYPE", key));
      all.append(key).append('\n').append(admin.call(isHash ? "HGETALL" : "GET", key)).append('\n');
      all.append(admin.call("DUMP", key)).append('\n');
    }
    return all.toString();
  }

  private ValkeySessionStore store(Layout layout) {
    return ValkeySessionStore.builder(server.uri()).layout(layout).build();
  }

  /** Hears all that a server says after one command. */
  private static final class Listener implements AutoCloseable {
    private final Socket socket;
    private final ByteArrayOutputStream heard = new ByteArrayOutputStream();

    Listener(String uri, String command) {
      try {
        URI address = URI.create(uri);
        socket = new Socket(address.getHost(), address.getPort());
        socket.getOutputStream().write((command + "\r\n").getBytes(ISO_8859_1));
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
      Thread listening = new Thread(this::listen, "listener");
      listening.setDaemon(true);
      listening.start();
    }

    private void listen() {
      byte[] buffer = new byte[8192];
      try (InputStream in = socket.getInputStream()) {
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          synchronized (heard) {
            heard.write(buffer, 0, n);
          }
        }
      } catch (IOException closed) {
        // by the test
      }
    }

    String text() {
      synchronized (heard) {
        return heard.toString(ISO_8859_1);
      }
    }

    boolean heard(String text) {
      return text().contains(text);
    }

    @Override
    public void close() {
      try {
        socket.close();
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
