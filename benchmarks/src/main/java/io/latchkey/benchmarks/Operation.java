package io.latchkey.benchmarks;

import java.util.Arrays;
import java.util.List;
import reactor.core.publisher.Mono;

/** What is measured of each store: the methods of {@link BenchStore}, as values. */
enum Operation {
  CREATE("create"),
  GET("get"),
  GET_AND_TOUCH("getAndTouch"),
  GET_AND_SAVE("getAndSave"),
  SAVE_UNCHANGED("saveUnchanged"),
  ROTATE("rotate"),
  DELETE("delete"),
  GET_ALL("getAll"),
  READ_REQUEST("readRequest"),
  CHANGE_REQUEST("changeRequest");

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
  Mono<?> run(BenchStore store, List<String> ids) {
    return switch (this) {
      case CREATE -> store.create();
      case GET -> store.get(ids.get(0));
      case GET_AND_TOUCH -> store.getAndTouch(ids.get(0));
      case GET_AND_SAVE -> store.getAndSave(ids.get(0));
      case SAVE_UNCHANGED -> store.saveUnchanged(ids.get(0));
      case ROTATE -> store.rotate(ids.get(0));
      case DELETE -> store.delete(ids.get(0));
      case GET_ALL -> store.getAll(ids);
      case READ_REQUEST -> store.readRequest(ids.get(0));
      case CHANGE_REQUEST -> store.changeRequest(ids.get(0));
    };
  }

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
