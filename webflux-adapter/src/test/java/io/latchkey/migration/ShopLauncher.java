package io.latchkey.migration;

import java.io.Closeable;
import java.util.Map;
import java.util.function.IntSupplier;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** Starts the application within its own class path; knows only what both variants have. */
final class ShopLauncher {
  private ShopLauncher() {}

  /** The application, to be closed, with its port. */
  static Closeable start(Class<?>[] sources, Map<String, Object> properties) {
    SpringApplication application = new SpringApplication(sources);
    application.setDefaultProperties(properties);
    application.setRegisterShutdownHook(false);
    return new Running(application.run());
  }

  private static final class Running implements Closeable, IntSupplier {
    private final ConfigurableApplicationContext context;

    Running(ConfigurableApplicationContext context) {
      this.context = context;
    }

    @Override
    public int getAsInt() {
      return context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
    }

    @Override
    public void close() {
      context.close();
    }
  }
}
