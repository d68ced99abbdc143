package io.latchkey.webflux.boot;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says in a few lines why the application cannot start, and what to set. */
final class LatchkeyFailureAnalyzer extends AbstractFailureAnalyzer<LatchkeyStartException> {
  @Override
  protected FailureAnalysis analyze(Throwable rootFailure, LatchkeyStartException cause) {
    return new FailureAnalysis(cause.getMessage(), cause.action(), cause);
  }
}
