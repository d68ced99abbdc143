package io.latchkey.benchmarks.shop;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/**
 * Visitors who look at their carts, on connections that are kept: whenever a page has come whole,
 * the next visitor of that connection asks for one. As {@code wrk} does it, and about as cheap: the
 * requests are bytes made beforehand, and of the answers only status and length are looked at.
 */
// What cannot be written has lost its connection, of which the handler learns by itself.
@SuppressWarnings("FutureReturnValueIgnored")
final class PageLoad implements AutoCloseable {
  private static final int DIGITS = 3;
  private static final long LONGEST_MICROS = 60_000_000;

  /** How long the last pages may take. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final EventLoopGroup eventLoop =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Recorder latencies = new Recorder(LONGEST_MICROS, DIGITS);
  private final LongAdder failed = new LongAdder();
  private final LongAdder lost = new LongAdder();
  private final List<Channel> connections = new ArrayList<>();
  private final CountDownLatch asking;
  private final int pageBytes;
  private volatile boolean ending;

  /**
   * Starts at once.
   *
   * @param port of the shop
   * @param cookies one for each visitor
   * @param number of connections
   * @param pageBytes how long the page is; what has another length is not the visitor's cart
   */
  PageLoad(int port, List<String> cookies, int number, int pageBytes) {
    this.asking = new CountDownLatch(number);
    this.pageBytes = pageBytes;
    for (int i = 0; i < number; i++) {
      List<byte[]> requests = new ArrayList<>();
      for (int visitor = i; visitor < cookies.size(); visitor += number) {
        requests.add(request(port, cookies.get(visitor)));
      }
      connections.add(
          new Bootstrap()
              .group(eventLoop)
              .channel(NioSocketChannel.class)
              .option(ChannelOption.TCP_NODELAY, true)
              .handler(
                  new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                      channel
                          .pipeline()
                          .addLast(new HttpResponseDecoder(), new Connection(requests));
                    }
                  })
              .connect("127.0.0.1", port)
              .syncUninterruptibly()
              .channel());
    }
  }

  /**
   * Measures from now on, for some time.
   *
   * @param pages how long each took, in microseconds
   * @param failed how many answers were not the page
   * @param seconds the time
   */
  record Measured(Histogram pages, long failed, double seconds) {}

  Measured measure(Duration length) throws InterruptedException {
    latencies.reset();
    failed.reset();
    long begin = System.nanoTime();
    TimeUnit.NANOSECONDS.sleep(length.toNanos());
    double seconds = (System.nanoTime() - begin) / 1e9;
    return new Measured(latencies.getIntervalHistogram(), failed.sum(), seconds);
  }

  /**
   * Asks for no more pages, and waits for those that are under way.
   *
   * @return how many did not come, now or before: on connections that were closed, or at all
   */
  long end() throws InterruptedException {
    ending = true;
    boolean all = asking.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    return lost.sum() + (all ? 0 : asking.getCount());
  }

  @Override
  public void close() {
    connections.forEach(channel -> channel.close().syncUninterruptibly());
    eventLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  private static byte[] request(int port, String cookie) {
    String text =
        "GET /cart HTTP/1.1\r\nHost: 127.0.0.1:"
            + port
            + "\r\nAccept: text/html\r\n"
            + (cookie.isEmpty() ? "" : "Cookie: " + cookie + "\r\n")
            + "\r\n";
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private final class Connection extends ChannelInboundHandlerAdapter {
    private final List<byte[]> requests;
    private int next;
    private long asked;
    private boolean ok;
    private int bytes;
    private boolean done;

    Connection(List<byte[]> requests) {
      this.requests = requests;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
      ask(context);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (message instanceof HttpResponse response) {
        ok = response.status().equals(HttpResponseStatus.OK);
        bytes = 0;
      }
      if (message instanceof HttpContent content) {
        bytes += content.content().readableBytes();
      }
      boolean whole = message instanceof LastHttpContent;
      ReferenceCountUtil.release(message);
      if (whole) {
        answered();
        if (ending) {
          done();
        } else {
          ask(context);
        }
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      if (!done) {
        lost.increment();
        done();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      // The page that it was waiting for is lost.
      context.close();
    }

    private void answered() {
      if (ok && bytes == pageBytes) {
        long micros = (System.nanoTime() - asked) / 1_000;
        latencies.recordValue(Math.min(micros, LONGEST_MICROS));
      } else {
        failed.increment();
      }
    }

    private void done() {
      done = true;
      asking.countDown();
    }

    private void ask(ChannelHandlerContext context) {
      asked = System.nanoTime();
      context.writeAndFlush(Unpooled.wrappedBuffer(requests.get(next)));
      next = (next + 1) % requests.size();
    }
  }
}
