package io.latchkey.shop;

import java.util.Objects;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.web.server.WebFilter;

/** The shop as its main method starts it, on a free port. */
final class RunningShop implements AutoCloseable {
  private final ConfigurableApplicationContext context;

  private RunningShop(ConfigurableApplicationContext context) {
    this.context = context;
  }

  static RunningShop start(String uri, String namespace) {
    return start(uri, namespace, 0);
  }

  /** On this port, or on a free one if it is 0; with these filters besides its own. */
  static RunningShop start(String uri, String namespace, int port, WebFilter... filters) {
    var application = new SpringApplication(ShopApplication.class);
    application.addInitializers(
        context -> {
          for (WebFilter filter : filters) {
            context.getBeanFactory().registerSingleton(filter.getClass().getName(), filter);
          }
        });
    return new RunningShop(
        application.run(
            "--server.port=" + port, "--LATCHKEY_URI=" + uri, "--shop.namespace=" + namespace));
  }

  int port() {
    var server = ((WebServerApplicationContext) context).getWebServer();
    return Objects.requireNonNull(server).getPort();
  }

  @Override
  public void close() {
    context.close();
  }
}
