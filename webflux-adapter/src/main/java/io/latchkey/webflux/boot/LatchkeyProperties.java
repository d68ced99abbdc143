package io.latchkey.webflux.boot;

import io.latchkey.ConflictPolicy;
import io.latchkey.UnreadablePolicy;
import io.latchkey.valkey.Layout;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.convert.DurationUnit;
import org.springframework.util.unit.DataSize;

/**
 * The properties {@code latchkey.*}. What is left out keeps the default of the store's builder. The
 * texts below are what an IDE shows.
 *
 * @param enabled Whether web sessions are kept by Latchkey.
 * @param uri The server, such as valkey://user:password@host:6379/0, with valkeys:// for TLS. Where
 *     it is not set, the server of spring.data.redis.* is used.
 * @param namespace What every key begins with. Applications that share a server need one each.
 * @param layout How a session lies in Valkey.
 * @param idleTimeout How long a session is kept after its last access; negative for no end. If a
 *     duration suffix is not specified, seconds will be used. Where it is not set,
 *     spring.session.timeout counts, then server.reactive.session.timeout.
 * @param absoluteTimeout How long a session is kept at the most, however much it is used; negative
 *     for no end, which is the default. If a duration suffix is not specified, seconds will be
 *     used.
 * @param touchInterval How old the stored last access may become before a read writes the next one;
 *     0 for every access. A sixtieth of the idle timeout by default. If a duration suffix is not
 *     specified, seconds will be used.
 * @param rotationGrace How long, up to 5 minutes, the former id still finds a session whose id was
 *     renewed. If a duration suffix is not specified, seconds will be used.
 * @param conflicts What a save does when somebody else saved the session since it was read.
 * @param unreadable What a read does with bytes that are no session.
 * @param unreadableAttributes What a read does with an attribute whose class is gone, or does not
 *     fit any more.
 * @param maxSessionSize How large the attributes of a session may be together, as JSON. If a size
 *     suffix is not specified, bytes will be used.
 * @param maxAttributeSize How large one attribute may be, as JSON; 512KB by default, or
 *     max-session-size if that is less. If a size suffix is not specified, bytes will be used.
 * @param maxAttributes How many attributes a session may have.
 * @param maxAnswerSize How large an answer of the server may be; 64MB by default. A larger one is
 *     not read, and its session is unreadable. If a size suffix is not specified, bytes will be
 *     used.
 * @param connections How many connections the sessions are spread over.
 * @param commandTimeout How long the server may take to accept a connection, or to answer a
 *     command. If a duration suffix is not specified, milliseconds will be used.
 * @param readFromReplicas Whether sessions are read from the replicas of their primary, as they
 *     were up to 3 seconds ago.
 * @param allow Packages and classes, beside the application's own packages, whose objects may be
 *     session attributes.
 * @param attributes The class of an attribute, by the attribute's name.
 * @param jacksonModules Whether the Jackson modules on the class path are used for attributes, such
 *     as the one for Kotlin.
 * @param inPlaceChanges Whether a save notices objects that were read from the session and changed
 *     in place.
 * @param renewAfter At which age a session's id renews itself; not at all by default. If a duration
 *     suffix is not specified, seconds will be used.
 * @param renewalGrace How long, up to 5 minutes, an id that renewed itself still finds its session.
 *     If a duration suffix is not specified, seconds will be used.
 * @param retryAfter How long a client is asked to wait, in the header Retry-After, whose request
 *     failed because the server cannot be reached. If a duration suffix is not specified, seconds
 *     will be used.
 * @param checkOnStartup What happens when the application starts and its server does not answer.
 */
@ConfigurationProperties("latchkey")
record LatchkeyProperties(
    @DefaultValue("true") boolean enabled,
    @Nullable String uri,
    @Nullable String namespace,
    @Nullable Layout layout,
    @DurationUnit(ChronoUnit.SECONDS) @Nullable Duration idleTimeout,
    @DurationUnit(ChronoUnit.SECONDS) @Nullable Duration absoluteTimeout,
    @DurationUnit(ChronoUnit.SECONDS) @Nullable Duration touchInterval,
    @DurationUnit(ChronoUnit.SECONDS) @Nullable Duration rotationGrace,
    @Nullable ConflictPolicy conflicts,
    @Nullable UnreadablePolicy unreadable,
    @Nullable UnreadablePolicy unreadableAttributes,
    @Nullable DataSize maxSessionSize,
    @Nullable DataSize maxAttributeSize,
    @Nullable Integer maxAttributes,
    @Nullable DataSize maxAnswerSize,
    @Nullable Integer connections,
    @DurationUnit(ChronoUnit.MILLIS) @Nullable Duration commandTimeout,
    @Nullable Boolean readFromReplicas,
    @DefaultValue List<String> allow,
    @DefaultValue Map<String, Class<?>> attributes,
    @DefaultValue("false") boolean jacksonModules,
    @Nullable Boolean inPlaceChanges,
    @DurationUnit(ChronoUnit.SECONDS) @Nullable Duration renewAfter,
    @DurationUnit(ChronoUnit.SECONDS) @Nullable Duration renewalGrace,
    @DurationUnit(ChronoUnit.SECONDS) @Nullable Duration retryAfter,
    @DefaultValue("fail") StartupCheck checkOnStartup) {

  /** What happens when the application starts and its server does not answer. */
  enum StartupCheck {
    /** The application does not start, and says why. */
    FAIL,
    /** The application starts, and a warning says what is wrong. */
    WARN,
    /** The server is not asked. */
    OFF
  }

  /** Without the URI, which may hold a password. */
  @Override
  public String toString() {
    return "LatchkeyProperties";
  }
}
