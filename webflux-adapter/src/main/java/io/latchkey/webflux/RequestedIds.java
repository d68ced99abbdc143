package io.latchkey.webflux;

import java.util.AbstractList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import org.jspecify.annotations.Nullable;
import org.springframework.web.server.ServerWebExchange;

/**
 * The ids of one request, for a store to read at once.
 *
 * <p>Spring's {@code DefaultWebSessionManager} asks its resolver for the ids of a request, and then
 * its store for one id after the other, each a round trip, until it has a session. It shows the
 * store neither the request nor the other ids. It calls both on one thread, one right after the
 * other, so the resolver leaves them here for the store. The store that takes them is responsible
 * for all of these ids: iteration ends there. Any other store sees an ordinary list.
 */
final class RequestedIds extends AbstractList<String> {
  private static final ThreadLocal<@Nullable RequestedIds> LATEST = new ThreadLocal<>();

  private final ServerWebExchange exchange;
  private final List<String> ids;
  private boolean offered;
  private volatile boolean taken;

  private RequestedIds(ServerWebExchange exchange, List<String> ids) {
    this.exchange = exchange;
    this.ids = ids;
  }

  /** The ids as a list, which is left for the store unless the response is under way already. */
  static List<String> of(ServerWebExchange exchange, List<String> ids) {
    var requested = new RequestedIds(exchange, ids);
    if (!exchange.getResponse().isCommitted()) {
      LATEST.set(requested);
    }
    return requested;
  }

  /**
   * The request whose ids this thread has resolved last; once, and only before its ids are taken.
   */
  static @Nullable ServerWebExchange latestExchange() {
    RequestedIds latest = LATEST.get();
    if (latest == null || latest.offered) {
      return null;
    }
    latest.offered = true;
    if (latest.isEmpty()) {
      LATEST.remove();
    }
    return latest.exchange;
  }

  /**
   * Takes the ids that this one is among, by identity: the same text may be in another request.
   *
   * @return the ids, or null if the id is from elsewhere
   */
  @SuppressWarnings("ReferenceEquality")
  static @Nullable RequestedIds take(String id) {
    RequestedIds latest = LATEST.get();
    if (latest == null) {
      return null;
    }
    for (String candidate : latest.ids) {
      if (candidate == id) {
        LATEST.remove();
        latest.taken = true;
        return latest;
      }
    }
    return null;
  }

  ServerWebExchange exchange() {
    return exchange;
  }

  /** The ids, whoever takes them. */
  List<String> all() {
    return ids;
  }

  @Override
  public String get(int index) {
    return ids.get(index);
  }

  @Override
  public int size() {
    return ids.size();
  }

  @Override
  public Iterator<String> iterator() {
    return new Iterator<>() {
      private int next;

      @Override
      public boolean hasNext() {
        return next < ids.size() && !(taken && next > 0);
      }

      @Override
      public String next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        return ids.get(next++);
      }
    };
  }

  /** Like {@link #iterator}, which may end early. */
  @Override
  public Spliterator<String> spliterator() {
    return Spliterators.spliteratorUnknownSize(
        iterator(), Spliterator.ORDERED | Spliterator.NONNULL);
  }
}
