package io.latchkey.valkey;

import io.latchkey.Session;
import io.latchkey.SessionStore;
import java.util.List;
import java.util.Map;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/** Every call of a store that goes to the server, about one stored session. */
enum Call {
  CREATE {
    @Override
    Publisher<?> on(SessionStore store, Session session) {
      return store.create(Map.of("user", "user123"));
    }
  },
  GET {
    @Override
    Publisher<?> on(SessionStore store, Session session) {
      return store.get(session.id());
    }
  },
  GET_ALL {
    @Override
    Publisher<?> on(SessionStore store, Session session) {
      return store.getAll(List.of(session.id()));
    }
  },
  SAVE_NEW {
    @Override
    Publisher<?> on(SessionStore store, Session session) {
      return store.save(store.newSession().set("user", "user123"));
    }
  },
  SAVE {
    @Override
    Publisher<?> on(SessionStore store, Session session) {
      return store.save(session.set("saved", true));
    }
  },
  TOUCH {
    @Override
    Publisher<?> on(SessionStore store, Session session) {
      return store.touch(session);
    }
  },
  UPDATE {
    @Override
    Publisher<?> on(SessionStore store, Session session) {
      return store.update(session.id(), current -> Mono.just(current.set("updated", true)));
    }
  },
  ROTATE_ID {
    @Override
    Publisher<?> on(SessionStore store, Session session) {
      return store.rotateId(session);
    }
  },
  DELETE {
    @Override
    Publisher<?> on(SessionStore store, Session session) {
      return store.delete(session.id());
    }
  };

  abstract Publisher<?> on(SessionStore store, Session session);
}
