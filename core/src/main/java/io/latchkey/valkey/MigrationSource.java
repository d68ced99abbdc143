package io.latchkey.valkey;

import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Sessions that were stored in another form, which a store still reads when {@link
 * ValkeySessionStore.Builder#migrateFrom} names it.
 *
 * <p>Such a session is read where it lies, and stays there until it is changed: its next {@code
 * save} with changes, {@code update} or {@code rotateId} writes it in the store's own layout, with
 * its time to live, and removes the old form, in one atomic script. It does so only if the old form
 * is still there as it was read; a session that was deleted or has expired meanwhile is gone, and
 * one that somebody else changed is a conflict as always. Reading it costs one more round trip than
 * reading a session in the store's layout, which costs what it did without this option; {@code
 * getAll} costs one more for all that are still to be migrated.
 *
 * <p>Immutable and safe for use by several threads, if the deserializer is.
 */
public final class MigrationSource {
  /** Where Spring Session keeps its sessions unless told otherwise. */
  public static final String SPRING_SESSION_NAMESPACE = "spring:session";

  private final @Nullable Layout layout;
  private final @Nullable SpringSession springSession;

  private MigrationSource(@Nullable Layout layout, @Nullable SpringSession springSession) {
    this.layout = layout;
    this.springSession = springSession;
  }

  /**
   * The sessions under this store's own namespace that were written with the other layout. Their
   * ids, times, timeouts and attributes stay what they are. Fields that a later release added to
   * the stored form are not taken along.
   *
   * <p>An instance without this option signals {@code UnreadableSessionException} for a session in
   * the other layout, or finds it absent, as its {@code unreadable} option says. So replace
   * instances one by one in two steps: first all get this option for the layout to come, and keep
   * the present one; then all change the layout, and name the former one here. While both kinds are
   * running each rewrites what it saves, and none refuses what the other wrote.
   *
   * @param layout the layout in which they lie, which must not be the store's own
   * @return a source
   */
  public static MigrationSource layout(Layout layout) {
    return new MigrationSource(Objects.requireNonNull(layout, "layout"), null);
  }

  /**
   * The sessions of Spring Session's {@code ReactiveRedisSessionRepository}: hashes under {@code
   * <namespace>:sessions:<id>} with the fields {@code creationTime}, {@code lastAccessedTime},
   * {@code maxInactiveInterval} and {@code sessionAttr:<name>}. The sessions of its indexed
   * repository are not meant: their other keys would be left behind.
   *
   * <p>With it the store accepts Spring's ids, which are UUIDs, beside its own. A session keeps its
   * id until {@code rotateId} gives it one of this store's. Where it has been migrated its id is
   * looked up in one command, as any other; else a second command looks in both places at once. If
   * there is nothing in either, that costs two round trips. {@code delete} removes both.
   *
   * <p>Until it is migrated, Spring's rules hold: it ends when its {@code maxInactiveInterval} has
   * passed since its {@code lastAccessedTime}; a negative interval means never. In addition it ends
   * when the store's {@code absoluteTimeout}, if there is one, has passed since its creation. Every
   * access by {@code get} is written down in the hash as Spring does, on its own and as the
   * deserializer's format has it, so that instances which still run with Spring Session see it; if
   * that format is one whose times cannot be written without its serializer, the access migrates
   * the session. (Java's serialisation and JSON can.)
   *
   * <p>Instances that still run with Spring Session do not find a session which was migrated: their
   * visitor has no session there. What such an instance saves at the very moment of migration may
   * be lost, as Spring Session checks and writes in separate steps. So replace the instances at
   * once, or let a visitor stay on one instance. A session that such an instance deletes, as at
   * sign-out, does not come back.
   *
   * <p>Attributes become JSON, as if they had been {@code set} in a session of this store. A hash
   * in which a field of Spring's is missing, or an attribute that cannot be deserialised or written
   * as JSON, makes the session unreadable: the store signals {@code UnreadableSessionException},
   * which names the attribute and the class, or finds it absent, as its {@code unreadable} option
   * says. The hash is left as it is.
   *
   * <p>Both keys must lie on one server: this does not work on a cluster. The server's user needs
   * permission for the keys {@code <namespace>:sessions:*}.
   *
   * @param namespace Spring's {@code spring.session.data.redis.namespace}, see {@link
   *     #SPRING_SESSION_NAMESPACE}; space around it is ignored, as Spring does
   * @param deserializer turns a field's bytes into the value, as the {@code RedisSerializer} that
   *     wrote it does; not called for an empty field, which stands for a removed attribute, as null
   *     does. Runs on the connection's event loop, so it must not block. It creates whatever
   *     classes it is made for: Java's serialisation is only as safe as the server that keeps the
   *     bytes
   * @return a source
   * @throws IllegalArgumentException if the namespace is blank
   */
  public static MigrationSource springSession(
      String namespace, Function<byte[], ? extends @Nullable Object> deserializer) {
    Objects.requireNonNull(namespace, "namespace");
    Objects.requireNonNull(deserializer, "deserializer");
    if (namespace.isBlank()) {
      throw new IllegalArgumentException(
          "namespace must not be blank; Spring Session's default is " + SPRING_SESSION_NAMESPACE);
    }
    return new MigrationSource(null, new SpringSession(namespace.trim(), deserializer));
  }

  @Nullable Layout layout() {
    return layout;
  }

  @Nullable SpringSession springSession() {
    return springSession;
  }

  /** Whether both stand for the same place. */
  boolean overlaps(MigrationSource other) {
    if (springSession != null && other.springSession != null) {
      return springSession.namespace.equals(other.springSession.namespace);
    }
    return layout != null && layout == other.layout;
  }

  @Override
  public String toString() {
    return springSession == null
        ? "layout(" + layout + ")"
        : "springSession(" + springSession.namespace + ")";
  }

  /** Where Spring Session's hashes lie, and what is in their fields. */
  record SpringSession(
      String namespace, Function<byte[], ? extends @Nullable Object> deserializer) {}
}
