package io.latchkey.webflux.boot;

import java.util.ArrayList;
import java.util.List;
import org.springframework.util.ClassUtils;

/** Which containers keep sessions when nobody says more than that they are services to use. */
final class ValkeyImages {
  static final int PORT = RedisUri.DEFAULT_PORT;

  private static final List<String> VALKEY =
      List.of("valkey/valkey", "valkey/valkey-bundle", "valkey", "bitnami/valkey");

  /** Boot's module for Redis makes its own connection details of these, which we use then. */
  private static final List<String> REDIS =
      List.of("redis", "redis/redis-stack", "redis/redis-stack-server");

  private static final String BOOTS_OWN =
      "org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails";

  private ValkeyImages() {}

  static List<String> names() {
    List<String> names = new ArrayList<>(VALKEY);
    if (!ClassUtils.isPresent(BOOTS_OWN, ValkeyImages.class.getClassLoader())) {
      names.addAll(REDIS);
    }
    return names;
  }
}
