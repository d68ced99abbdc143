package io.latchkey.internal;

import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;

/**
 * Is notified when an image of this process is made or restored (CRaC, Lambda SnapStart). Cannot be
 * loaded where the application has no {@code org.crac}.
 */
final class CheckpointHook implements Resource {
  /** CRaC itself holds it weakly. */
  static final CheckpointHook HOOK = new CheckpointHook();

  private CheckpointHook() {}

  static void register() {
    Core.getGlobalContext().register(HOOK);
  }

  @Override
  public void beforeCheckpoint(Context<? extends Resource> context) {
    RandomBytes.release();
  }

  @Override
  public void afterRestore(Context<? extends Resource> context) {
    RandomBytes.forget();
  }
}
