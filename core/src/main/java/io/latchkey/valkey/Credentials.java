package io.latchkey.valkey;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** The user name and password with which a connection signs in. Immutable. */
public final class Credentials {
  private final @Nullable String user;
  private final String password;

  private Credentials(@Nullable String user, String password) {
    this.user = user;
    this.password = Objects.requireNonNull(password, "password");
  }

  /**
   * A user and its password.
   *
   * @param user the name, as in {@code ACL SETUSER}
   * @param password the password
   * @return the two
   */
  public static Credentials of(String user, String password) {
    return new Credentials(Objects.requireNonNull(user, "user"), password);
  }

  /**
   * The password of the default user, as set by {@code requirepass}.
   *
   * @param password the password
   * @return the password without a name
   */
  public static Credentials ofPassword(String password) {
    return new Credentials(null, password);
  }

  @Nullable String user() {
    return user;
  }

  String password() {
    return password;
  }

  /** Tells neither name nor password. */
  @Override
  public String toString() {
    return "Credentials[...]";
  }

  /** Where the credentials come from that are valid now. Called by several threads. */
  @FunctionalInterface
  public interface Provider {

    /**
     * The credentials for a connection that is about to be made; asked for again each time that one
     * is made anew. Connections that are open stay open when the credentials change.
     *
     * @return the credentials; an empty one, or an error, fails the connection. Must not block
     */
    Mono<Credentials> get();
  }
}
