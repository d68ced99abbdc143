package io.latchkey.valkey;

import io.latchkey.internal.NonBlockingRandom;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.MaintNotificationsConfig;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.metrics.CommandLatencyRecorder;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.Delay;
import io.lettuce.core.resource.EpollProvider;
import io.lettuce.core.resource.IOUringProvider;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.handler.flush.FlushConsolidationHandler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SocketChannel;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** The settings of Lettuce that our promises rest upon. */
final class ClientFactory {
  private static final Duration KEEP_ALIVE = Duration.ofSeconds(10);
  private static final int RECONNECT_MIN_MILLIS = 10;
  private static final int RECONNECT_MAX_MILLIS = 2000;

  private ClientFactory() {}

  /** Our own resources, or the lent ones with our settings upon them. */
  static ClientResources resources(@Nullable ClientResources lent, Duration commandTimeout) {
    loadNetworkSettings();
    Delay reconnectDelay =
        Delay.fullJitter(
            Duration.ofMillis(RECONNECT_MIN_MILLIS),
            Duration.ofMillis(RECONNECT_MAX_MILLIS),
            RECONNECT_MIN_MILLIS,
            TimeUnit.MILLISECONDS);
    return lent == null
        ? DefaultClientResources.builder()
            .nettyCustomizer(customizer(null, commandTimeout))
            .reconnectDelay(reconnectDelay)
            // Else Lettuce measures each command as soon as HdrHistogram is on the class path, as
            // it is beside Micrometer, for an event that nobody listens to.
            .commandLatencyRecorder(CommandLatencyRecorder.disabled())
            .build()
        : new LentResources(
            lent, customizer(lent.nettyCustomizer(), commandTimeout), reconnectDelay);
  }

  /**
   * The resources of another client of ours, with its own time for an answer; they are not shut
   * down with it.
   *
   * @param ours what the other client has
   * @param lent what ours are made of, if they are
   */
  static ClientResources sharing(
      ClientResources ours, @Nullable ClientResources lent, Duration commandTimeout) {
    return new LentResources(
        ours,
        customizer(lent == null ? null : lent.nettyCustomizer(), commandTimeout),
        ours.reconnectDelay());
  }

  /**
   * The first socket of a process reads the JDK's net.properties. That is to happen now, on the
   * thread that builds the store, and not on the one that makes the first call; nothing is
   * connected.
   */
  private static void loadNetworkSettings() {
    try (SocketChannel channel = SocketChannel.open()) {
      channel.socket();
    } catch (IOException e) {
      throw new UncheckedIOException("no socket can be opened", e);
    }
  }

  /**
   * Options for all connections of a store.
   *
   * @param ssl how connections are encrypted; null if they are not
   */
  static ClientOptions options(Duration commandTimeout, @Nullable SslOptions ssl) {
    SocketOptions.Builder socket =
        SocketOptions.builder()
            .connectTimeout(commandTimeout)
            .keepAlive(
                SocketOptions.KeepAliveOptions.builder()
                    .enable()
                    .idle(KEEP_ALIVE)
                    .interval(KEEP_ALIVE)
                    .build());
    if (EpollProvider.isAvailable() || IOUringProvider.isAvailable()) {
      socket.tcpUserTimeout(
          SocketOptions.TcpUserTimeoutOptions.builder()
              .enable()
              .tcpUserTimeout(KEEP_ALIVE)
              .build());
    }
    return ClientOptions.builder()
        .sslOptions(ssl == null ? SslOptions.create() : ssl)
        .autoReconnect(true)
        .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
        // Bounded by Backlog.
        .requestQueueSize(Integer.MAX_VALUE)
        // UnansweredCommands does it, without a timer for each.
        .timeoutOptions(TimeoutOptions.create())
        .replayFilter(ClientFactory::endInsteadOfReplay)
        // No command is looked up among those that wait; a plain queue costs less per command.
        .useHashIndexQueue(false)
        .maintNotificationsConfig(MaintNotificationsConfig.disabled())
        .socketOptions(socket.build())
        .build();
  }

  /**
   * A command that meets the end of its connection while it is being written would wait for the
   * next one. It ends here instead; Lettuce lets go of what this answers true for.
   */
  private static boolean endInsteadOfReplay(@Nullable RedisCommand<?, ?, ?> command) {
    ServerCommand<?> ours = UnansweredCommands.ours(command);
    if (ours == null) {
      return false;
    }
    ours.completeExceptionally(new ServerErrors.ConnectionLostException());
    return true;
  }

  /**
   * With the trusted certificates read now, on the thread that builds the store, and randomness for
   * event loops: left alone, each connection reads both from their files on its event loop.
   *
   * @param trust whom to trust; null for whom the JDK does
   * @param keys what to show to the server; null for nothing
   * @param serverName whom to ask for; null for the host of the URI
   */
  static SslOptions sslOptions(
      @Nullable TrustManagerFactory trust,
      @Nullable KeyManagerFactory keys,
      @Nullable SNIHostName serverName) {
    SecureRandom random = NonBlockingRandom.create();
    SslOptions.Builder ssl =
        SslOptions.builder()
            .trustManager(trust == null ? trustOfTheJdk() : trust)
            .sslContext(context -> context.secureRandom(random));
    if (keys != null) {
      ssl.keyManager(keys);
    }
    if (serverName != null) {
      ssl.sslParameters(
          () -> {
            SSLParameters parameters = new SSLParameters();
            parameters.setServerNames(List.of(serverName));
            return parameters;
          });
    }
    return ssl.build();
  }

  private static TrustManagerFactory trustOfTheJdk() {
    try {
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init((KeyStore) null);
      return trust;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK's trusted certificates cannot be read", e);
    }
  }

  private static NettyCustomizer customizer(
      @Nullable NettyCustomizer theirs, Duration commandTimeout) {
    return new NettyCustomizer() {
      @Override
      public void afterBootstrapInitialized(Bootstrap bootstrap) {
        if (theirs != null) {
          theirs.afterBootstrapInitialized(bootstrap);
        }
      }

      @Override
      public void afterChannelInitialized(Channel channel) {
        if (theirs != null) {
          theirs.afterChannelInitialized(channel);
        }
        // Lettuce flushes every command by itself, and that system call is what limits it.
        // Gathering the flushes doubles to quadruples what a connection carries; true, as most
        // calls come from other threads than the connection's. Measured in DESIGN.md.
        channel.pipeline().addFirst(new FlushConsolidationHandler(256, true));
        channel.pipeline().addFirst(new UnansweredCommands(commandTimeout));
        channel.pipeline().addLast(new ConnectionGuard.Last());
      }
    };
  }
}
