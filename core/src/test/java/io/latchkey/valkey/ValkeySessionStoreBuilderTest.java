package io.latchkey.valkey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.latchkey.AttributeFormat;
import io.latchkey.Session;
import io.latchkey.TypeRef;
import io.latchkey.tck.ValkeyServer;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(ValkeyServer.class)
class ValkeySessionStoreBuilderTest {
  private static final AttributeFormat FORMAT =
      new AttributeFormat() {
        @Override
        public byte[] write(Object value) {
          return new byte[0];
        }

        @Override
        public Object read(byte[] json) {
          return "";
        }
      };

  private static final String URI = "valkey://localhost:6379";
  private static final Duration TOO_LONG = Duration.ofDays(36_501);
  private static final Duration SECOND = Duration.ofSeconds(1);

  static Stream<Arguments> outOfRange() {
    return Stream.of(
        refused(b -> b.allow(), "allow", "at least one"),
        refused(b -> b.allow(""), "allow", "names of packages and classes", "''"),
        refused(b -> b.allow("shop", "shop.*"), "allow", "wildcards", "'shop.*'"),
        refused(b -> b.allow("*"), "allow", "'*'"),
        refused(b -> b.allow("shop."), "allow", "'shop.'"),
        refused(b -> b.allow("shop..cart"), "allow", "'shop..cart'"),
        refused(b -> b.allow("shop/Cart"), "allow", "'shop/Cart'"),
        refused(b -> b.allow("com"), "allow(\"com\")", "nearly every class"),
        refused(b -> b.allow("java.util"), "allow(\"java.util\")", "one by one"),
        refused(
            b -> b.attribute("a", String.class).attribute("a", Long.class),
            "'a'",
            "java.lang.String",
            "java.lang.Long"),
        refused(b -> b.attribute("a", void.class), "'a'", "void"),
        refused(b -> b.format(allowed -> FORMAT), "format", "at least one"),
        refused(b -> b.idleTimeout(Duration.ZERO), "idleTimeout", "1 millisecond", "PT0S"),
        refused(b -> b.idleTimeout(Duration.ofNanos(-1)), "idleTimeout", "36500 days", "-0.0"),
        refused(b -> b.idleTimeout(TOO_LONG), "idleTimeout", "36500 days", "PT876024H"),
        refused(b -> b.absoluteTimeout(Duration.ZERO), "absoluteTimeout", "1 milli", "PT0S"),
        refused(b -> b.absoluteTimeout(Duration.ofDays(-1)), "absoluteTimeout", "PT-24H"),
        refused(b -> b.absoluteTimeout(TOO_LONG), "absoluteTimeout", "36500", "PT876024H"),
        refused(b -> b.touchInterval(Duration.ofMillis(-1)), "touchInterval", "from 0", "-0.001"),
        refused(b -> b.touchInterval(TOO_LONG), "touchInterval", "idle timeout", "PT876024H"),
        refused(b -> b.touchInterval(Session.NEVER_IDLE), "touchInterval", "idle timeout"),
        refused(b -> b.connections(0), "connections", "1 to 64", "0"),
        refused(b -> b.connections(-3), "connections", "1 to 64", "-3"),
        refused(b -> b.connections(65), "connections", "1 to 64", "65"),
        refused(b -> b.commandTimeout(Duration.ZERO), "commandTimeout", "10 minutes", "PT0S"),
        refused(b -> b.commandTimeout(Duration.ofNanos(999_999)), "commandTimeout", "0.000999"),
        refused(b -> b.commandTimeout(Duration.ofMinutes(11)), "commandTimeout", "PT11M"),
        refused(b -> b.commandTimeout(Duration.ofSeconds(-1)), "commandTimeout", "PT-1S"),
        refused(b -> b.acknowledgedBy(0, SECOND), "acknowledgedBy", "at least 1 replica", "0"),
        refused(b -> b.acknowledgedBy(1, Duration.ZERO), "acknowledgedBy", "1 milli", "PT0S"),
        refused(b -> b.acknowledgedBy(1, Duration.ofNanos(999_999)), "acknowledgedBy", "0.00099"),
        refused(b -> b.maxSessionSize(0), "maxSessionSize", "256 MiB", "0"),
        refused(b -> b.maxSessionSize(268_435_457), "maxSessionSize", "268435457"),
        refused(b -> b.maxAttributeSize(-1), "maxAttributeSize", "1 byte", "-1"),
        refused(b -> b.maxAttributes(0), "maxAttributes", "1 to 1000000", "0"),
        refused(b -> b.maxAttributes(1_000_001), "maxAttributes", "1000001"),
        refused(b -> b.namespace(""), "namespace", "1 to 64", "''"),
        refused(b -> b.namespace("x".repeat(65)), "namespace", "1 to 64", "xxx"),
        refused(b -> b.namespace("a{b}"), "namespace", "letters", "'a{b}'"),
        refused(b -> b.namespace("a b"), "namespace", "letters", "'a b'"),
        refused(b -> b.namespace("a*"), "namespace", "letters", "'a*'"),
        refused(b -> b.namespace("é"), "namespace", "letters", "'é'"));
  }

  @ParameterizedTest
  @MethodSource("outOfRange")
  void anOptionOutOfRangeIsRefusedWhereItIsSet(
      Consumer<ValkeySessionStore.Builder> option, String[] words) {
    ValkeySessionStore.Builder builder = ValkeySessionStore.builder(URI);
    assertThatThrownBy(() -> option.accept(builder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(words);
  }

  static Stream<Arguments> atTheEdges() {
    return Stream.of(
        accepted(b -> b.idleTimeout(Duration.ofNanos(1)).touchInterval(Duration.ZERO)),
        accepted(b -> b.idleTimeout(Duration.ofDays(36_500))),
        accepted(b -> b.idleTimeout(Session.NEVER_IDLE)),
        accepted(b -> b.absoluteTimeout(Duration.ofMillis(1))),
        accepted(b -> b.absoluteTimeout(Session.NEVER_IDLE)),
        accepted(b -> b.touchInterval(Duration.ofMinutes(30))),
        accepted(b -> b.idleTimeout(Session.NEVER_IDLE).touchInterval(Duration.ofDays(36_500))),
        accepted(b -> b.connections(1)),
        accepted(b -> b.connections(64)),
        accepted(b -> b.commandTimeout(Duration.ofMillis(1))),
        accepted(b -> b.commandTimeout(Duration.ofMinutes(10))),
        accepted(b -> b.acknowledgedBy(1, Duration.ofMillis(1))),
        accepted(b -> b.acknowledgedBy(1, SECOND).commandTimeout(SECOND.multipliedBy(2))),
        accepted(b -> b.maxSessionSize(1)),
        accepted(
            b ->
                b.maxSessionSize(268_435_456)
                    .maxAttributeSize(268_435_456)
                    .maxAnswerSize(536_870_912)),
        accepted(b -> b.maxAttributes(1_000_000)),
        accepted(b -> b.namespace("A.z_9-:/")),
        accepted(b -> b.namespace("x".repeat(64))));
  }

  @Test
  void anAnswerSizeBelowThatOfASessionIsRefused() {
    assertThatThrownBy(() -> ValkeySessionStore.builder(URI).maxSessionSize(67_100_000).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("maxAnswerSize", "maxSessionSize", "67108864");
    assertThatThrownBy(() -> ValkeySessionStore.builder(URI).maxAnswerSize(1_100_000).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("maxAnswerSize", "1100000");
  }

  @ParameterizedTest
  @MethodSource("atTheEdges")
  void anOptionAtTheEdgeOfItsRangeIsAccepted(Consumer<ValkeySessionStore.Builder> option) {
    ValkeySessionStore.Builder builder = ValkeySessionStore.builder(URI);
    option.accept(builder);
    builder.build().close();
  }

  @Test
  void aTouchIntervalBeyondTheIdleTimeoutIsRefusedWhateverWasSetFirst() {
    Duration second = Duration.ofSeconds(1);
    Duration hour = Duration.ofHours(1);
    assertThatThrownBy(
            () -> ValkeySessionStore.builder(URI).idleTimeout(second).touchInterval(hour).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("touchInterval", "idle timeout of PT1S", "PT1H");
    assertThatThrownBy(
            () -> ValkeySessionStore.builder(URI).touchInterval(hour).idleTimeout(second).build())
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anAttributeThatMayBeLargerThanASessionIsRefusedWhateverWasSetFirst() {
    assertThatThrownBy(
            () -> ValkeySessionStore.builder(URI).maxAttributeSize(11).maxSessionSize(10).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("maxAttributeSize", "maxSessionSize", "10 bytes", "11");
    assertThatThrownBy(
            () -> ValkeySessionStore.builder(URI).maxSessionSize(10).maxAttributeSize(11).build())
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anAcknowledgementThatLeavesNoTimeForTheCommandIsRefusedWhateverWasSetFirst() {
    Duration more = SECOND.plusMillis(1);
    assertThatThrownBy(() -> ValkeySessionStore.builder(URI).acknowledgedBy(1, more).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("acknowledgedBy", "half of the commandTimeout of PT2S", "1.001");
    assertThatThrownBy(
            () ->
                ValkeySessionStore.builder(URI)
                    .acknowledgedBy(1, SECOND)
                    .commandTimeout(SECOND)
                    .build())
        .isInstanceOf(IllegalArgumentException.class);
  }

  static Stream<Arguments> nulls() {
    return Stream.of(
        arguments("packagesOrClasses", call(b -> b.allow((String[]) nothing()))),
        arguments("packagesOrClasses", call(b -> b.allow("shop", nothing()))),
        arguments("name", call(b -> b.attribute(nothing(), String.class))),
        arguments("type", call(b -> b.attribute("a", (Class<?>) nothing()))),
        arguments("type", call(b -> b.attribute("a", (TypeRef<?>) nothing()))),
        arguments("format", call(b -> b.format(nothing(), "shop"))),
        arguments("policy", call(b -> b.unreadableAttributes(nothing()))),
        arguments("uri", call(b -> ValkeySessionStore.builder(nothing()))),
        arguments("uri", call(b -> ValkeySessionStore.connect(nothing()))),
        arguments("resources", call(b -> b.resources(nothing()))),
        arguments("namespace", call(b -> b.namespace(nothing()))),
        arguments("layout", call(b -> b.layout(nothing()))),
        arguments("timeout", call(b -> b.idleTimeout(nothing()))),
        arguments("timeout", call(b -> b.absoluteTimeout(nothing()))),
        arguments("interval", call(b -> b.touchInterval(nothing()))),
        arguments("policy", call(b -> b.conflicts(nothing()))),
        arguments("policy", call(b -> b.unreadable(nothing()))),
        arguments("clock", call(b -> b.clock(nothing()))),
        arguments("within", call(b -> b.acknowledgedBy(1, nothing()))),
        arguments("timeout", call(b -> b.commandTimeout(nothing()))));
  }

  @ParameterizedTest
  @MethodSource("nulls")
  void aNullIsRefusedByTheNameOfTheArgument(
      String argument, Consumer<ValkeySessionStore.Builder> call) {
    ValkeySessionStore.Builder builder = ValkeySessionStore.builder(URI);
    assertThatNullPointerException()
        .isThrownBy(() -> call.accept(builder))
        .withMessageContaining(argument);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "localhost",
        "localhost:6379",
        "user:s3cret@localhost:6379",
        "//user:s3cret@localhost",
        "http://user:s3cret@localhost:6379",
        "valkey:user:s3cret@localhost",
        "valkey:/user:s3cret@localhost",
        "valkey://",
        "valkey:///0",
        "valkey://user:s3cret@",
        "valkey://user:s3cret@:6379",
        "valkey://user:s3cret x@localhost",
        "valkey://user:s3cret^x@localhost",
        "valkey://user:s3cret%zz@localhost",
        "valkey://user:s3cret@localhost:port",
        "valkey://user:s3cret@localhost:99999",
        "valkey://user:s3cret@localhost/first",
        "valkey://user:s3cret@[::1",
        "redis-sentinel://user:s3cret@localhost:26379/0",
        "redis-socket:///s3cret/redis.sock",
        "valkey://user:s3cret@a,b",
        "valkey-sentinel://user:s3cret@a,b",
        "valkey-sentinel://user:s3cret@a,b/0?master=s3cret",
        "valkey-sentinel://user:s3cret@a,,b?sentinelMasterId=m",
        "valkey-cluster://user:s3cret@",
        "valkey-cluster://user:s3cret@a,b:port",
        "valkey-cluster://user:s3cret@a,b/1",
        "valkey-cluster://user:s3cret@a?timeout=1",
        " valkey://user:s3cret@localhost"
      })
  void aMalformedUriIsRefusedWithoutRepeatingItsPassword(String uri) {
    assertThatThrownBy(() -> ValkeySessionStore.builder(uri))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("uri must ")
        .hasMessageNotContaining("s3cret")
        .hasNoCause();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "valkeys://localhost?verifyPeer=NONE | parameter verifyPeer. Certificates are always checked. Set trustCertificates or serverName",
        "valkeys://localhost?VERIFYPEER=NONE | parameter VERIFYPEER. Certificates are always checked.",
        "valkeys://localhost?%76erifyPeer=NONE | parameter verifyPeer. Certificates are always checked.",
        "valkeys://localhost?ssl_cert_reqs=none | parameter ssl_cert_reqs. Certificates are always checked.",
        "valkey://localhost?timeout=10s | parameter timeout. Set commandTimeout",
        "valkey://localhost/1?clientName=me | parameter clientName. Set clientName",
        "redis://localhost?database=2 | parameter database. Write the database as a path",
        "redis://localhost?ssl=true | parameter ssl. Write valkeys://",
        "valkey://localhost?password=s3cret | parameter password. Write user:password@",
        "valkey://localhost?libraryName=me | parameter libraryName. Remove it.",
        "valkey://localhost?my-own=s3cret | parameter my-own. None is allowed.",
        "valkey://localhost? | that parameter. None is allowed.",
        "valkey://localhost?% | that parameter. None is allowed.",
        "valkey://localhost?a%0Ab=s3cret | that parameter. None is allowed.",
        "valkey://localhost?sentinelMasterId=m | parameter sentinelMasterId. Write valkey-sentinel://",
        "valkey://user?s3cret@localhost | that parameter.",
        "valkey://user?s3cret=1&x@localhost | that parameter.",
        "valkey://localhost#s3cret | fragment. Write # as %23",
        "valkey://localhost?timeout=1#s3cret | fragment.",
        "valkey-sentinel://a,b/0?sentinelMasterId=s3cret&timeout=1 | parameter timeout. Set commandTimeout",
        "valkeys-sentinel://a?verifyPeer=NONE&sentinelMasterId=m | parameter verifyPeer.",
        "valkey-sentinel://a?sentinelmasterid=s3cret | parameter sentinelmasterid. Write it as sentinelMasterId.",
        "valkey-sentinel://a?master=s3cret | parameter master. Only sentinelMasterId is allowed.",
        "valkey-sentinel://a?sentinelMasterId=m&sentinelMasterId=s3cret | sentinelMasterId once.",
        "valkey-sentinel://a?sentinelMasterId=m& | that parameter. Only sentinelMasterId is allowed.",
        "valkey-sentinel://a?sentinelMasterId=m#s3cret | fragment.",
        "valkeys-cluster://a,b?verifyPeer=CA | parameter verifyPeer.",
        "valkey-cluster://a/?timeout=1 | parameter timeout. Set commandTimeout",
      })
  void aParameterThatIsNotDocumentedIsRefusedByItsName(String uri, String message) {
    assertThatThrownBy(() -> ValkeySessionStore.builder(uri))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("uri must ")
        .hasMessageContaining(message)
        .hasMessageNotContaining("s3cret")
        .hasMessageNotContaining("NONE")
        .hasNoCause();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "valkey-sentinel://a,b",
        "valkey-sentinel://a,b?sentinelMasterId",
        "valkey-sentinel://a,b?sentinelMasterId=",
        "valkey-sentinel://a,b?sentinelMasterId=m%6Da"
      })
  void anUnclearNameOfThePrimaryIsRefused(String uri) {
    assertThatThrownBy(() -> ValkeySessionStore.builder(uri))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("?sentinelMasterId=name");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "valkey://localhost",
        "valkeys://localhost:6380",
        "redis://localhost:6379/3",
        "rediss://user:p%40ss@localhost",
        "VALKEY://localhost",
        "valkey://:password@127.0.0.1",
        "valkey://[::1]:6379",
        "valkey://my-host.example.org",
        "valkey-sentinel://a,b:26380/1?sentinelMasterId=my-primary",
        "valkeys-sentinel://user:p%40ss@[::1],[::1]:26380?sentinelMasterId=m",
        "valkey-cluster://a,b_c:6380",
        "valkeys-cluster://:p%40ss@a/"
      })
  void aUriOfEachSchemeIsAccepted(String uri) {
    ValkeySessionStore.connect(uri).close();
  }

  /** As containers in Docker Compose are often named. */
  @Test
  void aHostWithAnUnderscoreIsAccepted() {
    ValkeySessionStore.connect("valkey://session_store:6379").close();
  }

  @Test
  void readingFromReplicasAndMigratingExcludeEachOther() {
    assertThatThrownBy(
            () ->
                ValkeySessionStore.builder("valkey://localhost")
                    .readFromReplicas(true)
                    .migrateFrom(MigrationSource.layout(Layout.HASH))
                    .build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("readFromReplicas and migrateFrom exclude each other");
  }

  @Test
  void theHashLayoutIsRefusedOrStoresAHash(ValkeyServer server) {
    ValkeySessionStore.Builder builder =
        ValkeySessionStore.builder(server.uri()).namespace(server.namespace());
    try (ValkeySessionStore store = builder.layout(Layout.HASH).build()) {
      Session session = Sessions.created(store);
      assertThat(server.command("TYPE", Stored.of(server, session).key())).isEqualTo("hash");
    } catch (IllegalArgumentException | UnsupportedOperationException refused) {
      assertThat(refused).hasMessageContaining("HASH");
    }
  }

  private static Arguments refused(Consumer<ValkeySessionStore.Builder> option, String... words) {
    return arguments(option, words);
  }

  private static Arguments accepted(Consumer<ValkeySessionStore.Builder> option) {
    return arguments(option);
  }

  private static Consumer<ValkeySessionStore.Builder> call(
      Consumer<ValkeySessionStore.Builder> call) {
    return call;
  }

  /** Null, where the compiler is told that it cannot be. */
  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
  private static <T> T nothing() {
    @Nullable T nothing = null;
    return nothing;
  }
}
