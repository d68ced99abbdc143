package io.latchkey.shop;

import java.util.Objects;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;

/** The shop as its main method starts it, on a free port. */
final class RunningShop implements AutoCloseable {
  private final ConfigurableApplicationContext context;

  private RunningShop(ConfigurableApplicationContext context) {
    this.context = context;
  }

  static RunningShop start(String uri, String namespace) {
    return new RunningShop(
        SpringApplication.run(
            ShopApplication.class,
            "--server.port=0",
            "--LATCHKEY_URI=" + uri,
            "--shop.namespace=" + namespace));
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
