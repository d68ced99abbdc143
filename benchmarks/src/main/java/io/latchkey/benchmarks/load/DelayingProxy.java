package io.latchkey.benchmarks.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A network that is far away: whatever comes in goes out again a fixed time later, in either
 * direction. Any number of chunks may be on their way at once, so throughput stays what it is, and
 * what is sent in one go arrives in one go.
 *
 * <p>One event loop reads and writes. As the delay is the same for all, chunks leave in the order
 * in which they came, whatever the connection: one queue, and one thread that sleeps until the
 * first of it is due, as timers of an event loop are too coarse (a millisecond) for that.
 */
// What cannot be written has lost its connection, and the other side learns of that by itself.
@SuppressWarnings("FutureReturnValueIgnored")
final class DelayingProxy implements AutoCloseable {
  private final EventLoopGroup eventLoop =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final LinkedBlockingQueue<Chunk> underWay = new LinkedBlockingQueue<>();
  private final AtomicInteger held = new AtomicInteger();
  private final long delayNanos;
  private final SocketAddress server;
  private final Channel listening;
  private final Thread sender;

  private DelayingProxy(SocketAddress server, Duration delay) {
    this.server = server;
    this.delayNanos = delay.toNanos();
    this.sender = new Thread(this::send, "delaying-proxy");
    sender.setDaemon(true);
    listening =
        new ServerBootstrap()
            .group(eventLoop)
            .channel(NioServerSocketChannel.class)
            .childOption(ChannelOption.TCP_NODELAY, true)
            // Until there is someone to pass it on to.
            .childOption(ChannelOption.AUTO_READ, false)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel client) {
                    connect(client);
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .syncUninterruptibly()
            .channel();
    sender.start();
  }

  /**
   * Starts.
   *
   * @param server where to pass everything on to
   * @param delay how long each chunk takes in one direction, half of what a round trip takes longer
   */
  static DelayingProxy start(SocketAddress server, Duration delay) {
    return new DelayingProxy(server, delay);
  }

  int port() {
    return ((InetSocketAddress) listening.localAddress()).getPort();
  }

  /** The same as a URI of the server, by way of the proxy. */
  String uri(URI server) {
    try {
      return new URI(
              server.getScheme(),
              server.getUserInfo(),
              "127.0.0.1",
              port(),
              server.getPath(),
              server.getQuery(),
              null)
          .toString();
    } catch (URISyntaxException e) {
      // Its message would quote the URI, password and all.
      throw new IllegalArgumentException("The server's URI cannot be read");
    }
  }

  /** How many chunks are on their way. */
  int held() {
    return held.get();
  }

  @Override
  public void close() {
    eventLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    sender.interrupt();
  }

  private void connect(Channel client) {
    new Bootstrap()
        .group(client.eventLoop())
        .channel(NioSocketChannel.class)
        .option(ChannelOption.TCP_NODELAY, true)
        .handler(new Passing(client))
        .connect(server)
        .addListener(
            connected -> {
              if (!connected.isSuccess()) {
                client.close();
              }
            });
  }

  private void send() {
    Set<Channel> written = new HashSet<>();
    try {
      while (true) {
        Chunk chunk = underWay.take();
        Time.SYSTEM.sleepUntil(chunk.due);
        // All that is due goes out with one flush.
        while (chunk != null) {
          write(chunk);
          written.add(chunk.to);
          Chunk following = underWay.peek();
          boolean due = following != null && following.due <= System.nanoTime();
          chunk = due ? underWay.poll() : null;
        }
        written.forEach(Channel::flush);
        written.clear();
      }
    } catch (InterruptedException e) {
      // Closed: the sockets are gone already.
      Thread.currentThread().interrupt();
    }
  }

  private void write(Chunk chunk) {
    held.decrementAndGet();
    if (chunk.bytes == null) {
      // What was written just before is not lost.
      chunk.to.flush();
      chunk.to.close();
    } else {
      chunk.to.write(chunk.bytes);
    }
  }

  /**
   * Bytes on their way.
   *
   * @param due when they go out
   * @param to where they go
   * @param bytes the bytes; null for the end of the connection
   */
  private record Chunk(long due, Channel to, @Nullable ByteBuf bytes) {}

  /**
   * One side of a connection. The server's is there first; once it is connected, which the client's
   * is already, it adds that.
   */
  private final class Passing extends ChannelInboundHandlerAdapter {
    private final Channel other;

    Passing(Channel other) {
      this.other = other;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
      other.pipeline().addLast(new Passing(context.channel()));
      other.config().setAutoRead(true);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      pass((ByteBuf) message);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      pass(null);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }

    private void pass(@Nullable ByteBuf bytes) {
      held.incrementAndGet();
      underWay.add(new Chunk(System.nanoTime() + delayNanos, other, bytes));
    }
  }
}
