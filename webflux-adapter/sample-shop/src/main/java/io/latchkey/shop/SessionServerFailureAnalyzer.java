package io.latchkey.shop;

import java.util.Objects;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says in two lines why the shop cannot start, and what to do. */
class SessionServerFailureAnalyzer extends AbstractFailureAnalyzer<SessionServerException> {
  @Override
  protected FailureAnalysis analyze(Throwable rootFailure, SessionServerException cause) {
    Throwable reason = Objects.requireNonNullElse(cause.getCause(), cause);
    return new FailureAnalysis(
        "The shop keeps its sessions in "
            + cause.server()
            + ", and that does not work: "
            + reason.getMessage(),
        "Start that server, or set LATCHKEY_URI to one that runs, such as"
            + " valkey://localhost:6379. Without LATCHKEY_URI, and with nothing on"
            + " localhost:6379, the shop starts a server of its own.",
        cause);
  }
}
