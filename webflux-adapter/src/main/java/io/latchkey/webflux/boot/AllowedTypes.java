package io.latchkey.webflux.boot;

import java.util.LinkedHashSet;
import java.util.Set;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.autoconfigure.AutoConfigurationPackages;

/** The classes whose objects may be session attributes. */
final class AllowedTypes {
  private AllowedTypes() {}

  /** The application's own packages, and what the properties add to them. */
  static Set<String> names(BeanFactory beans, LatchkeyProperties properties) {
    Set<String> names = new LinkedHashSet<>();
    if (AutoConfigurationPackages.has(beans)) {
      names.addAll(AutoConfigurationPackages.get(beans));
    }
    names.addAll(properties.allow());
    return names;
  }
}
