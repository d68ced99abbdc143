package io.latchkey.webflux.boot;

import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.aot.hint.TypeReference;

/**
 * What a native image has to know of Latchkey itself: little, as core's own configuration names its
 * scripts and it looks up no class by name. Lettuce and Netty bring their own hints, or GraalVM's
 * repository of them does; the classes of session attributes are the application's to register.
 */
final class LatchkeyRuntimeHints implements RuntimeHintsRegistrar {
  @Override
  public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
    // Netty looks at a handler's methods, to skip those that it does not override.
    hints
        .reflection()
        .registerType(
            TypeReference.of("io.latchkey.valkey.UnansweredCommands"),
            MemberCategory.INVOKE_PUBLIC_METHODS);
  }
}
