package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.created;
import static io.latchkey.valkey.Sessions.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.latchkey.Session;
import io.latchkey.tck.ValkeyServer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a save costs within the server: the commands that its script calls there. */
@ExtendWith(ValkeyServer.class)
class StringWriteTest {
  private static final Pattern CALLS =
      Pattern.compile("cmdstat_(get|getrange|set|strlen):calls=(\\d+)");

  private static final Map<String, Integer> AS_READ = Map.of("getrange", 1, "set", 1);
  private static final Map<String, Integer> AS_NOT_READ =
      Map.of("getrange", 1, "set", 1, "strlen", 1);

  private final ValkeyServer server;
  private final List<ValkeySessionStore> stores = new ArrayList<>();
  private final ValkeySessionStore store;

  StringWriteTest(ValkeyServer server) {
    this.server = server;
    this.store = store(Duration.ZERO);
  }

  @BeforeEach
  void onlyOnAServerOfOurOwn() {
    assumeTrue(server.isOwn(), "whoever else uses it would be counted");
  }

  @AfterEach
  void close() {
    stores.forEach(ValkeySessionStore::close);
  }

  @Test
  void ofASessionAsItWasReadAsksOnce() {
    Session read = read();
    assertThat(callsOfSaving(read)).isEqualTo(AS_READ);
    assertThat(value(store.get(read.id())).get("user", String.class)).contains("changed");
    assertThat(Stored.of(server, read).timeToLive()).isPositive();
  }

  @Test
  void ofASessionThatNeverExpiresAsksOnce() {
    Session read = read();
    value(store.save(read.idleTimeout(Session.NEVER_IDLE)));
    Session again = value(store.get(read.id()));
    assertThat(callsOfSaving(again)).isEqualTo(AS_READ);
    assertThat(Stored.of(server, read).timeToLive()).isEqualTo(Duration.ofMillis(-1));
  }

  @Test
  void afterATouchAsksOnce() {
    Session read = read();
    ValkeySessionStore later = store(Duration.ofSeconds(1));
    assertThat(value(later.touch(value(later.get(read.id()))))).isTrue();
    assertThat(callsOfSaving(read)).isEqualTo(AS_READ);
    assertThat(value(store.get(read.id())).get("user", String.class)).contains("changed");
  }

  @Test
  void ofASessionThatWasNotReadLooksAtAllOfIt() {
    assertThat(callsOfSaving(created(store))).isEqualTo(AS_NOT_READ);
  }

  private Session read() {
    return value(store.get(created(store).id()));
  }

  private Map<String, Integer> callsOfSaving(Session session) {
    value(store.save(created(store).set("script", "known")));
    server.command("CONFIG", "RESETSTAT");
    value(store.save(session.set("user", "changed")));
    Map<String, Integer> calls = new TreeMap<>();
    Matcher matcher = CALLS.matcher(String.valueOf(server.command("INFO", "commandstats")));
    while (matcher.find()) {
      calls.put(matcher.group(1), Integer.parseInt(matcher.group(2)));
    }
    return calls;
  }

  private ValkeySessionStore store(Duration ahead) {
    Clock clock = Clock.offset(Clock.fixed(Instant.now(), ZoneOffset.UTC), ahead);
    ValkeySessionStore opened =
        ValkeySessionStore.builder(server.uri()).namespace(server.namespace()).clock(clock).build();
    stores.add(opened);
    return opened;
  }
}
