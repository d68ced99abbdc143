package io.latchkey.benchmarks;

import java.util.List;
import reactor.core.publisher.Mono;

/** What is measured of each store: the methods of {@link BenchStore}, as values. */
enum Operation {
  CREATE {
    @Override
    Mono<?> run(BenchStore store, List<String> ids) {
      return store.create();
    }
  },

  GET {
    @Override
    Mono<?> run(BenchStore store, List<String> ids) {
      return store.get(ids.get(0));
    }
  },

  GET_AND_TOUCH {
    @Override
    Mono<?> run(BenchStore store, List<String> ids) {
      return store.getAndTouch(ids.get(0));
    }
  },

  GET_AND_SAVE {
    @Override
    Mono<?> run(BenchStore store, List<String> ids) {
      return store.getAndSave(ids.get(0));
    }
  },

  SAVE_UNCHANGED {
    @Override
    Mono<?> run(BenchStore store, List<String> ids) {
      return store.saveUnchanged(ids.get(0));
    }
  },

  ROTATE {
    @Override
    Mono<?> run(BenchStore store, List<String> ids) {
      return store.rotate(ids.get(0));
    }
  },

  DELETE {
    @Override
    Mono<?> run(BenchStore store, List<String> ids) {
      return store.delete(ids.get(0));
    }
  },

  GET_ALL {
    @Override
    Mono<?> run(BenchStore store, List<String> ids) {
      return store.getAll(ids);
    }
  },

  READ_REQUEST {
    @Override
    Mono<?> run(BenchStore store, List<String> ids) {
      return store.readRequest(ids.get(0));
    }
  },

  CHANGE_REQUEST {
    @Override
    Mono<?> run(BenchStore store, List<String> ids) {
      return store.changeRequest(ids.get(0));
    }
  };

  /**
   * The operation on stored sessions.
   *
   * @param ids their ids: all of them for {@link #GET_ALL}, none for {@link #CREATE}, else the
   *     first
   */
  abstract Mono<?> run(BenchStore store, List<String> ids);
}
