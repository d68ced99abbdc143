package io.latchkey.benchmarks;

import java.util.Arrays;
import java.util.List;
import reactor.core.publisher.Mono;

/** What is measured of each store: the methods of {@link BenchStore}, as values. */
enum Operation {
  CREATE("create") {
    @Override
    Mono<?> run(BenchStore store, List<String> ids) {
      return store.create();
    }
  },

  GET("get") {
    @Override
    Mono<?> run(BenchStore store, List<String> ids) {
      return store.get(ids.get(0));
    }
  },

  GET_AND_TOUCH("getAndTouch") {
    @Override
    Mono<?> run(BenchStore store, List<String> ids) {
      return store.getAndTouch(ids.get(0));
    }
  },

  GET_AND_SAVE("getAndSave") {
    @Override
    Mono<?> run(BenchStore store, List<String> ids) {
      return store.getAndSave(ids.get(0));
    }
  },

  SAVE_UNCHANGED("saveUnchanged") {
    @Override
    Mono<?> run(BenchStore store, List<String> ids) {
      return store.saveUnchanged(ids.get(0));
    }
  },

  ROTATE("rotate") {
    @Override
    Mono<?> run(BenchStore store, List<String> ids) {
      return store.rotate(ids.get(0));
    }
  },

  DELETE("delete") {
    @Override
    Mono<?> run(BenchStore store, List<String> ids) {
      return store.delete(ids.get(0));
    }
  },

  GET_ALL("getAll") {
    @Override
    Mono<?> run(BenchStore store, List<String> ids) {
      return store.getAll(ids);
    }
  },

  READ_REQUEST("readRequest") {
    @Override
    Mono<?> run(BenchStore store, List<String> ids) {
      return store.readRequest(ids.get(0));
    }
  },

  CHANGE_REQUEST("changeRequest") {
    @Override
    Mono<?> run(BenchStore store, List<String> ids) {
      return store.changeRequest(ids.get(0));
    }
  };

  private final String method;

  Operation(String method) {
    this.method = method;
  }

  /**
   * The operation on stored sessions.
   *
   * @param ids their ids: all of them for {@link #GET_ALL}, none for {@link #CREATE}, else the
   *     first
   */
  abstract Mono<?> run(BenchStore store, List<String> ids);

  /** The name of the method, of {@link BenchStore} and of {@link SessionBenchmark} alike. */
  String method() {
    return method;
  }

  /** The operation that a benchmark of JMH measures, by its full name. */
  static Operation ofBenchmark(String benchmark) {
    String name = benchmark.substring(benchmark.lastIndexOf('.') + 1);
    return Arrays.stream(values())
        .filter(operation -> operation.method.equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(benchmark));
  }
}
