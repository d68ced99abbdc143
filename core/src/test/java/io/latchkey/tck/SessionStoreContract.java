package io.latchkey.tck;

import io.latchkey.SessionStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;

/**
 * What every {@link SessionStore} promises. To check a store, extend this class, and say how one is
 * made and how time passes for it:
 *
 * <pre>{@code
 * class MySessionStoreTest extends SessionStoreContract {
 *   private final MyClock clock = new MyClock();
 *   private final MyStorage storage = new MyStorage();
 *
 *   @Override
 *   protected SessionStore newStore(StoreOptions options) {
 *     return MySessionStore.builder(storage).clock(clock).idleTimeout(options.idleTimeout())...;
 *   }
 *
 *   @Override
 *   protected void advance(Duration time) {
 *     clock.advance(time);
 *   }
 * }
 * }</pre>
 *
 * <p>JUnit makes a new instance for each test. Stores that are {@link AutoCloseable} are closed
 * after it.
 */
public abstract class SessionStoreContract {
  private final List<SessionStore> stores = new ArrayList<>();

  /** For the class that checks a store. */
  protected SessionStoreContract() {}

  /**
   * Makes a store. All stores that one test asks for must keep their sessions in the same place, as
   * several instances of a service would.
   *
   * @param options what the store must be like
   * @return a new store
   */
  protected abstract SessionStore newStore(StoreOptions options);

  /**
   * Lets time pass, for the storage and for all stores made by this instance: moves their clock, or
   * waits.
   *
   * @param time how much
   */
  protected abstract void advance(Duration time);

  /**
   * The unit in which the tests of timeouts count. No timeout is shorter, and they allow a store
   * one unit to do its work: where {@link #advance} really waits, and the machine is slow or busy,
   * make it longer. All tests together let about 45 units pass.
   *
   * @return 200 ms, unless overridden
   */
  protected Duration tick() {
    return Duration.ofMillis(200);
  }

  final SessionStore open(StoreOptions options) {
    SessionStore store = newStore(options);
    stores.add(store);
    return store;
  }

  @AfterEach
  final void closeStores() throws Exception {
    for (SessionStore store : stores) {
      if (store instanceof AutoCloseable closeable) {
        closeable.close();
      }
    }
  }

  @Nested
  class Reading extends ReadingContract {
    Reading() {
      super(SessionStoreContract.this);
    }
  }

  @Nested
  class Saving extends SavingContract {
    Saving() {
      super(SessionStoreContract.this);
    }
  }

  @Nested
  class Merging extends MergingContract {
    Merging() {
      super(SessionStoreContract.this);
    }
  }

  @Nested
  class Rejecting extends RejectingContract {
    Rejecting() {
      super(SessionStoreContract.this);
    }
  }

  @Nested
  class Updating extends UpdatingContract {
    Updating() {
      super(SessionStoreContract.this);
    }
  }

  @Nested
  class Rotating extends RotatingContract {
    Rotating() {
      super(SessionStoreContract.this);
    }
  }

  @Nested
  class Secrets extends SecretsContract {
    Secrets() {
      super(SessionStoreContract.this);
    }
  }

  @Nested
  class Ending extends EndingContract {
    Ending() {
      super(SessionStoreContract.this);
    }
  }

  @Nested
  class Expiring extends ExpiringContract {
    Expiring() {
      super(SessionStoreContract.this);
    }
  }

  @Nested
  class Attributes extends AttributesContract {
    Attributes() {
      super(SessionStoreContract.this);
    }
  }

  @Nested
  class TypedAttributes extends TypedAttributesContract {
    TypedAttributes() {
      super(SessionStoreContract.this);
    }
  }

  @Nested
  class WrongAttributes extends WrongAttributesContract {
    WrongAttributes() {
      super(SessionStoreContract.this);
    }
  }

  @Nested
  class Arguments extends ArgumentsContract {
    Arguments() {
      super(SessionStoreContract.this);
    }
  }
}
