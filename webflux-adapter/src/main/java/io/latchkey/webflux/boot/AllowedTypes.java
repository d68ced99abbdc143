package io.latchkey.webflux.boot;

import io.latchkey.valkey.ValkeySessionStore;
import io.latchkey.webflux.SecurityAttributes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.autoconfigure.AutoConfigurationPackages;
import org.springframework.util.ClassUtils;

/** The classes whose objects may be session attributes. */
final class AllowedTypes {
  private static final Logger log = LoggerFactory.getLogger(LatchkeyAutoConfiguration.class);

  private AllowedTypes() {}

  /**
   * Allows the application's own packages, what the properties add to them, and Spring Security's
   * classes where it is on the class path.
   */
  static void apply(
      LatchkeyProperties properties, BeanFactory beans, ValkeySessionStore.Builder builder) {
    if (AutoConfigurationPackages.has(beans)) {
      for (String own : AutoConfigurationPackages.get(beans)) {
        allowOwn(own, builder);
      }
    }
    for (String name : properties.allow()) {
      StoreOptions.set("latchkey.allow", name, builder::allow);
    }
    properties
        .attributes()
        .forEach(
            (name, type) ->
                StoreOptions.set(
                    "latchkey.attributes." + name,
                    type,
                    attribute -> builder.attribute(name, attribute)));
    if (properties.jacksonModules()) {
      builder.jacksonModules();
    }
    ClassLoader loader = ClassUtils.getDefaultClassLoader();
    if (loader != null && SecurityAttributes.isPresent(loader)) {
      SecurityAttributes.addTo(builder);
    }
  }

  /** A main class in the default package, or in one like {@code com}, is no reason not to start. */
  private static void allowOwn(String name, ValkeySessionStore.Builder builder) {
    try {
      builder.allow(name);
    } catch (IllegalArgumentException e) {
      log.warn(
          "The application's own package is not allowed for session attributes by itself: {}. Name"
              + " packages below it, or classes, in latchkey.allow",
          e.getMessage());
    }
  }
}
