package io.latchkey.webflux;

import io.latchkey.AttributeFormat;
import io.latchkey.memory.MemorySessionStore;
import io.latchkey.valkey.ValkeySessionStore;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Makes what Spring Security keeps in a web session come back as what it was: the security context,
 * the CSRF token, and what OAuth 2 needs for a sign-in and after it.
 *
 * <pre>{@code
 * ValkeySessionStore.Builder builder = ValkeySessionStore.builder(uri).allow("shop");
 * SecurityAttributes.addTo(builder);
 * }</pre>
 *
 * <p>These are written and read by Spring Security's own Jackson modules, of which those are used
 * that the application's class path has. An application's own classes in an authentication, such as
 * its principal, have to be allowed with {@code allow}, before or after this.
 */
public final class SecurityAttributes {
  private SecurityAttributes() {}

  /**
   * Whether the class path has Spring Security, from version 7 on, whose Jackson modules this
   * needs.
   *
   * @param loader the application's class loader
   * @return true if {@code addTo} will do
   */
  public static boolean isPresent(ClassLoader loader) {
    try {
      Class.forName("org.springframework.security.jackson.SecurityJacksonModules", false, loader);
      return true;
    } catch (ClassNotFoundException | LinkageError e) {
      return false;
    }
  }

  /**
   * Adds Spring Security's classes to those that attributes may be of.
   *
   * @param builder a store's builder
   * @return the same builder
   */
  public static ValkeySessionStore.Builder addTo(ValkeySessionStore.Builder builder) {
    return builder.format(format(), SecurityFormat.classes());
  }

  /**
   * Adds Spring Security's classes to those that attributes may be of.
   *
   * @param builder a store's builder
   * @return the same builder
   */
  public static MemorySessionStore.Builder addTo(MemorySessionStore.Builder builder) {
    return builder.format(format(), SecurityFormat.classes());
  }

  private static Function<Predicate<String>, AttributeFormat> format() {
    return SecurityFormat::new;
  }
}
