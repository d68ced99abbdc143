package io.latchkey.webflux.boot;

import io.latchkey.Session;
import io.latchkey.valkey.ValkeySessionStore;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.core.env.Environment;
import org.springframework.util.unit.DataSize;

/** From the properties to the builder's options. A wrong value's error names the property. */
final class StoreOptions {
  private static final String TOUCH_INTERVAL = "latchkey.touch-interval";
  private static final String MAX_ATTRIBUTE_SIZE = "latchkey.max-attribute-size";
  private static final String MAX_ANSWER_SIZE = "latchkey.max-answer-size";
  private static final String SPRING_SESSION_TIMEOUT = "spring.session.timeout";

  private StoreOptions() {}

  /** A builder for that server. */
  static ValkeySessionStore.Builder builder(LatchkeyConnectionDetails connection) {
    ValkeySessionStore.Builder builder;
    try {
      builder = ValkeySessionStore.builder(connection.getUri());
    } catch (IllegalArgumentException e) {
      // Not as an invalid property value: that would show it, with its password.
      throw new LatchkeyStartException(
          "The address of the server for the web sessions cannot be read: %s It comes from %s."
              .formatted(sentence(e), ConfiguredConnectionDetails.source(connection)),
          "Set latchkey.uri to an address such as valkey://user:password@host:6379/0, or"
              + " valkeys://host:6379 for TLS.",
          e);
    }
    // What is wrong with a bundle is not wrong with the address.
    ConfiguredConnectionDetails.apply(connection, builder);
    return builder;
  }

  static void apply(
      LatchkeyProperties properties,
      ServerProperties server,
      Environment environment,
      ValkeySessionStore.Builder builder) {
    set("latchkey.namespace", properties.namespace(), builder::namespace);
    set("latchkey.layout", properties.layout(), builder::layout);
    idleTimeout(properties, server, environment, builder);
    setTimeout("latchkey.absolute-timeout", properties.absoluteTimeout(), builder::absoluteTimeout);
    set(TOUCH_INTERVAL, properties.touchInterval(), builder::touchInterval);
    set("latchkey.rotation-grace", properties.rotationGrace(), builder::rotationGrace);
    set("latchkey.conflicts", properties.conflicts(), builder::conflicts);
    set("latchkey.unreadable", properties.unreadable(), builder::unreadable);
    set(
        "latchkey.unreadable-attributes",
        properties.unreadableAttributes(),
        builder::unreadableAttributes);
    setSize("latchkey.max-session-size", properties.maxSessionSize(), builder::maxSessionSize);
    setSize(MAX_ATTRIBUTE_SIZE, properties.maxAttributeSize(), builder::maxAttributeSize);
    set("latchkey.max-attributes", properties.maxAttributes(), builder::maxAttributes);
    setSize(MAX_ANSWER_SIZE, properties.maxAnswerSize(), builder::maxAnswerSize);
    set("latchkey.connections", properties.connections(), builder::connections);
    set("latchkey.command-timeout", properties.commandTimeout(), builder::commandTimeout);
    set("latchkey.read-from-replicas", properties.readFromReplicas(), builder::readFromReplicas);
  }

  static ValkeySessionStore build(
      ValkeySessionStore.Builder builder, LatchkeyProperties properties) {
    try {
      return builder.build();
    } catch (IllegalArgumentException e) {
      // Of the properties these alone have to fit another.
      if (properties.touchInterval() != null && mentions(e, "touchInterval")) {
        throw invalid(TOUCH_INTERVAL, properties.touchInterval(), e);
      }
      if (properties.maxAttributeSize() != null && mentions(e, "maxAttributeSize")) {
        throw invalid(MAX_ATTRIBUTE_SIZE, properties.maxAttributeSize(), e);
      }
      if (properties.maxAnswerSize() != null && mentions(e, "maxAnswerSize")) {
        throw invalid(MAX_ANSWER_SIZE, properties.maxAnswerSize(), e);
      }
      throw e;
    }
  }

  /** Our own property, or Spring Session's, or the web server's. */
  private static void idleTimeout(
      LatchkeyProperties properties,
      ServerProperties server,
      Environment environment,
      ValkeySessionStore.Builder builder) {
    String springSession = environment.getProperty(SPRING_SESSION_TIMEOUT);
    if (properties.idleTimeout() != null) {
      setTimeout("latchkey.idle-timeout", properties.idleTimeout(), builder::idleTimeout);
    } else if (springSession != null && !springSession.isBlank()) {
      setTimeout(SPRING_SESSION_TIMEOUT, seconds(springSession), builder::idleTimeout);
    } else {
      setTimeout(
          "server.reactive.session.timeout",
          server.getReactive().getSession().getTimeout(),
          builder::idleTimeout);
    }
  }

  private static Duration seconds(String text) {
    try {
      return DurationStyle.detectAndParse(text.strip(), ChronoUnit.SECONDS);
    } catch (IllegalArgumentException e) {
      throw invalid(SPRING_SESSION_TIMEOUT, text, e);
    }
  }

  private static void setTimeout(
      String property, @Nullable Duration value, Consumer<Duration> option) {
    boolean never = value != null && value.isNegative();
    set(property, never ? Session.NEVER_IDLE : value, option);
  }

  /** More bytes than an int can hold are more than any option allows. */
  private static void setSize(String property, @Nullable DataSize value, IntConsumer option) {
    set(
        property,
        value,
        size -> option.accept((int) Math.max(-1, Math.min(size.toBytes(), Integer.MAX_VALUE))));
  }

  /** Sets an option, if there is a value for it. */
  static <T> void set(String property, @Nullable T value, Consumer<T> option) {
    if (value == null) {
      return;
    }
    try {
      option.accept(value);
    } catch (IllegalArgumentException e) {
      throw invalid(property, value, e);
    }
  }

  /** Makes something of a value, or what is made without it. */
  static <T, R> R made(
      String property, @Nullable T value, Function<T, R> with, Supplier<R> without) {
    if (value == null) {
      return without.get();
    }
    try {
      return with.apply(value);
    } catch (IllegalArgumentException e) {
      throw invalid(property, value, e);
    }
  }

  private static InvalidConfigurationPropertyValueException invalid(
      String property, Object value, IllegalArgumentException e) {
    String message = sentence(e);
    String reason = Character.toUpperCase(message.charAt(0)) + message.substring(1);
    return new InvalidConfigurationPropertyValueException(property, value, reason, e);
  }

  private static String sentence(IllegalArgumentException e) {
    String message = String.valueOf(e.getMessage());
    return message.endsWith(".") ? message : message + ".";
  }

  private static boolean mentions(IllegalArgumentException e, String option) {
    return e.getMessage() != null && e.getMessage().contains(option);
  }
}
