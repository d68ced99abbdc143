package io.latchkey.tck;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/** A server in a container. Testcontainers' reaper removes it when the JVM ends. */
final class ContainerServerProcess implements ServerProcess {
  private static final String IMAGE = "valkey/valkey:8";
  private static final int INNER_PORT = 6379;

  private final GenericContainer<?> container;
  private final int port;

  private ContainerServerProcess(GenericContainer<?> container, int port) {
    this.container = container;
    this.port = port;
  }

  /** Whether a Docker engine answers. */
  static boolean dockerAnswers() {
    return DockerClientFactory.instance().isDockerAvailable();
  }

  static ContainerServerProcess start(List<String> args) {
    List<String> command =
        new ArrayList<>(List.of("valkey-server", "--save", "", "--protected-mode", "no"));
    command.addAll(args);
    int port = freePort();
    GenericContainer<?> container = new GenericContainer<>(DockerImageName.parse(IMAGE));
    container.withExposedPorts(INNER_PORT).withCommand(command.toArray(new String[0]));
    // A port of our own choice, as Docker would choose another one at each restart.
    container.setPortBindings(List.of(port + ":" + INNER_PORT));
    container.start();
    return new ContainerServerProcess(container, port);
  }

  @Override
  public String uri() {
    return "valkey://" + container.getHost() + ":" + port;
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public void kill() {
    if (Boolean.TRUE.equals(container.getCurrentContainerInfo().getState().getRunning())) {
      container.getDockerClient().killContainerCmd(container.getContainerId()).exec();
    }
  }

  @Override
  public void pause() {
    container.getDockerClient().pauseContainerCmd(container.getContainerId()).exec();
  }

  @Override
  public void resume() {
    container.getDockerClient().unpauseContainerCmd(container.getContainerId()).exec();
  }

  @Override
  public void restart() {
    container.getDockerClient().restartContainerCmd(container.getContainerId()).exec();
  }

  @Override
  public void close() {
    container.stop();
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
