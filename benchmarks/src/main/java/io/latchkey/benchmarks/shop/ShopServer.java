package io.latchkey.benchmarks.shop;

import io.latchkey.benchmarks.BenchServer;
import io.latchkey.benchmarks.SessionData;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.ComponentScan.Filter;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.FilterType;
import org.springframework.core.env.MapPropertySource;

/**
 * The sample shop in a process of its own, with its sessions where a {@link Variant} has them. Only
 * what asks for Latchkey by name is left out: where its sessions are, and the page that shows one.
 */
public final class ShopServer {
  /** What the process says, followed by its port, when it serves. */
  static final String READY = "READY ";

  private static final String NO_REDIS =
      "org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration,"
          + "org.springframework.boot.data.redis.autoconfigure.DataRedisReactiveAutoConfiguration,"
          + "org.springframework.boot.session.data.redis.autoconfigure.SessionDataRedisAutoConfiguration";

  private ShopServer() {}

  /** The shop's parts, and Boot's. */
  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @ComponentScan(
      basePackages = "io.latchkey.shop",
      excludeFilters =
          @Filter(
              type = FilterType.REGEX,
              pattern =
                  "io\\.latchkey\\.shop\\."
                      + "(ShopApplication|SessionConfiguration|SessionPageController|Opening)"))
  static class Shop {}

  /**
   * Serves until its input ends, which it does with the process that started it.
   *
   * @param args the variant, and the URI of the server for its sessions
   */
  public static void main(String[] args) throws IOException {
    try (ConfigurableApplicationContext shop = start(Variant.valueOf(args[0]), args[1])) {
      System.out.println(READY + port(shop));
      while (System.in.read() >= 0) {
        // Nothing is expected but the end.
      }
    }
  }

  /**
   * Starts the shop on a free port of loopback. Its keys begin with {@link SessionData#NAMESPACE},
   * so that {@link BenchServer#clear()} removes them.
   */
  static ConfigurableApplicationContext start(Variant variant, String uri) {
    SpringApplication application = new SpringApplication(Shop.class);
    Map<String, Object> properties = new LinkedHashMap<>();
    properties.put("server.port", "0");
    properties.put("server.address", "127.0.0.1");
    properties.put("server.shutdown", "immediate");
    switch (variant) {
      case LATCHKEY -> {
        properties.put("latchkey.uri", uri);
        properties.put("latchkey.namespace", SessionData.NAMESPACE);
        properties.put("spring.autoconfigure.exclude", NO_REDIS);
      }
      case SPRING_SESSION -> {
        properties.put("latchkey.enabled", "false");
        properties.put("spring.data.redis.url", BenchServer.redisUri(uri));
        properties.put("spring.session.data.redis.namespace", SessionData.NAMESPACE);
        // As long as the shop's own.
        properties.put("spring.session.timeout", "7d");
      }
      case NONE -> {
        properties.put("latchkey.enabled", "false");
        properties.put("spring.autoconfigure.exclude", NO_REDIS);
        application.addPrimarySources(List.of(FixedCart.class));
      }
    }
    application.addInitializers(
        context ->
            context
                .getEnvironment()
                .getPropertySources()
                .addFirst(new MapPropertySource("shop-run", properties)));
    return application.run();
  }

  static int port(ConfigurableApplicationContext shop) {
    return Objects.requireNonNull(((WebServerApplicationContext) shop).getWebServer()).getPort();
  }
}
