package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.PATIENCE;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.lettuce.core.protocol.CommandType;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import reactor.core.publisher.Flux;
import reactor.util.retry.Retry;

/**
 * The program of a process of its own with little direct memory: it reads values of up to 24 MB
 * with long runs of {@code +} while something else uses that memory up for some 40 ms at a time,
 * until so many connections have broken, and prints how many answers were right, and how many were
 * another key's. No request proves anything here: what it shows is that an error is enough.
 */
final class OutOfMemoryInAProcess {
  private static final int SMALL = 300;
  private static final int LARGE = 8;
  private static final Duration LIMIT = Duration.ofMinutes(6);

  private OutOfMemoryInAProcess() {}

  public static void main(String[] args) throws Exception {
    int events = Integer.parseInt(args[1]);
    Random random = new Random(1);
    LongAdder right = new LongAdder();
    LongAdder foreign = new LongAdder();
    try (Wire wire = new Wire(args[0], Duration.ofSeconds(1), null, 64 << 20)) {
      for (int i = 0; i < SMALL + LARGE; i++) {
        int size = i < SMALL ? random.nextInt(4_000) : (1 + random.nextInt(24)) * 1_000_000;
        byte[] value = (tag(i) + "+".repeat(size) + tag(i)).getBytes(ISO_8859_1);
        wire.ask(Request.of(CommandType.SET, Request::isThere, key(i), value)).block(PATIENCE);
      }
      Thread consumer = new Thread(OutOfMemoryInAProcess::useUp, "consumer");
      consumer.setDaemon(true);
      consumer.start();
      long end = System.nanoTime() + LIMIT.toNanos();
      try {
        while ((wire.brokenConnections() < events || right.sum() < 1_000)
            && System.nanoTime() < end) {
          readAll(wire, random, right, foreign);
        }
      } catch (IllegalStateException e) {
        System.out.println(e.getMessage());
      }
      System.out.println("broken=" + wire.brokenConnections());
    }
    System.out.println("right=" + right);
    System.out.println("foreign=" + foreign);
    System.out.println("end=1");
    System.exit(0);
  }

  private static void readAll(Wire wire, Random random, LongAdder right, LongAdder foreign) {
    Flux.range(0, 400)
        .flatMap(
            n -> {
              int i = n % 200 == 0 ? SMALL + random.nextInt(LARGE) : random.nextInt(SMALL);
              return wire.ask(Request.get(key(i)))
                  .doOnNext(value -> (belongs(i, value) ? right : foreign).increment())
                  .onErrorComplete();
            },
            400)
        .blockLast(PATIENCE);
    wire.ask(Request.get(key(0)))
        .retryWhen(Retry.fixedDelay(Long.MAX_VALUE, Duration.ofMillis(5)))
        .block(PATIENCE);
  }

  private static void useUp() {
    while (true) {
      List<ByteBuf> taken = new ArrayList<>();
      try {
        while (true) {
          taken.add(UnpooledByteBufAllocator.DEFAULT.directBuffer(1 << 18));
        }
      } catch (OutOfMemoryError e) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(40));
      }
      taken.forEach(ByteBuf::release);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(60));
    }
  }

  private static byte[] key(int i) {
    return ("k" + i).getBytes(ISO_8859_1);
  }

  private static String tag(int i) {
    return "|" + (1000 + i) + "|";
  }

  private static boolean belongs(int i, byte[] value) {
    byte[] tag = tag(i).getBytes(ISO_8859_1);
    for (int at = 0; at < tag.length; at++) {
      if (value.length < 2 * tag.length
          || value[at] != tag[at]
          || value[value.length - tag.length + at] != tag[at]) {
        return false;
      }
    }
    return true;
  }
}
