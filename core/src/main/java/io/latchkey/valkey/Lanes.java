package io.latchkey.valkey;

import java.util.Arrays;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** The connections to one server for changes that replicas must have. */
final class Lanes {
  private final Lane[] lanes;

  Lanes(int count, IntFunction<Lane> lane) {
    this.lanes = new Lane[count];
    Arrays.setAll(lanes, lane);
  }

  /** As {@link Lane#send}, on a lane that is free, or else the one on which fewest wait. */
  <T> Mono<T> send(int preferred, Request<T> request, @Nullable Request<?> before, boolean asking) {
    return choose(preferred).send(request, before, asking);
  }

  void close() {
    for (Lane lane : lanes) {
      lane.close();
    }
  }

  private Lane choose(int preferred) {
    Lane first = lanes[preferred];
    Lane up = null;
    for (int i = 0; i < lanes.length; i++) {
      Lane lane = lanes[(preferred + i) % lanes.length];
      if (lane.isFree()) {
        return lane;
      }
      if (lane.isUp() && (up == null || lane.held() < up.held())) {
        up = lane;
      }
    }
    return up == null || !first.wasOpened() ? first : up;
  }
}
