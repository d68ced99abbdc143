package io.latchkey.valkey;

import io.latchkey.SessionStoreException;
import io.latchkey.SessionStoreUnavailableException;
import io.latchkey.UnreadableSessionException;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisNoScriptException;
import java.io.IOException;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Turns what Lettuce and the server say into the exceptions of this library. The only place that
 * looks at their texts.
 *
 * <p>A server's message may quote the arguments of a command, keys among them. So it is never
 * passed on: ours say in our own words what it means.
 */
final class ServerErrors {
  /**
   * All that a user needs to be allowed, beside the keys of the namespace. The second half is for
   * the HASH layout and migrateFrom alone.
   */
  static final String NEEDED =
      "+get +set +unlink +exists +getrange +strlen +setrange +pexpire +evalsha +eval"
          + " +hgetall +hget +hset +hdel +hlen +persist";

  /** What a cluster's nodes are asked besides. */
  static final String NEEDED_ON_A_CLUSTER = "+cluster|slots +asking";

  /** What changes that wait for replicas need besides. */
  static final String NEEDED_FOR_ACKNOWLEDGEMENT = "+wait";

  /** What reading from replicas needs besides, on primary and replicas. */
  static final String NEEDED_FOR_REPLICAS = "+role";

  /** What a cluster's replicas are told besides. */
  static final String NEEDED_FOR_REPLICAS_OF_A_CLUSTER = "+readonly";

  private static final Set<String> CANNOT_WORK_NOW =
      Set.of("OOM", "LOADING", "MASTERDOWN", "CLUSTERDOWN", "BUSY", "NOREPLICAS", "MISCONF");

  private static final String READ_ONLY = "READONLY";

  /** What a replica says to WAIT. */
  private static final String WAIT_ON_A_REPLICA = "WAIT cannot be used with replica";

  private static final String NOT_CONNECTED =
      "the server is not connected; nothing was sent. Latchkey reconnects by itself";

  private static final String OVERLOADED =
      "the server does not keep up: "
          + Backlog.MOST
          + " commands wait for its answers on one connection already, or those that wait have "
          + Backlog.MOST_MEBIBYTES
          + " MiB; nothing was sent";

  private static final Set<String> REDIRECTIONS = Set.of("MOVED", "ASK", "TRYAGAIN");

  private static final String NO_SCRIPTS =
      "the server cannot run Lua scripts, which Latchkey needs: Valkey 9.1 and newer have them in a"
          + " module (lua) that must be loaded";

  /** What Redis up to 7.0 says of a script's command; it does not name the command. */
  private static final String FORBIDDEN_IN_SCRIPT = "The user executing the script can't";

  private static final Pattern COMMAND = Pattern.compile("['`]([a-zA-Z|_]+)['`]");

  private static final Pattern CODE_IN_SCRIPT = Pattern.compile("-([A-Z]{2,20})\\b");

  private static final Pattern TARGET = Pattern.compile("\\w+ \\d+ (\\S*):(\\d{1,5})");

  private ServerErrors() {}

  /** The exception that callers see; a missing script alone stays what it is. */
  static Throwable translate(Throwable error) {
    Throwable cause = unwrap(error);
    if (cause instanceof SessionStoreException || cause instanceof RedisNoScriptException) {
      return cause;
    }
    RedisCommandExecutionException answer = inChain(RedisCommandExecutionException.class, cause);
    if (answer != null) {
      return refused(answer.getMessage() == null ? "" : answer.getMessage());
    }
    if (cause instanceof TimeUpException || cause instanceof RedisCommandTimeoutException) {
      return new SessionStoreUnavailableException(
          "the server did not answer within the commandTimeout; the command may have run, or may"
              + " still run",
          null,
          true);
    }
    if (cause instanceof RedisConnectionException) {
      SessionStoreException ours = inChain(SessionStoreException.class, cause);
      if (ours != null) {
        // It went wrong before there was a connection, as a credentials provider may.
        return ours;
      }
    }
    if (cause instanceof RedisConnectionException && inChain(SSLException.class, cause) != null) {
      return new SessionStoreUnavailableException(
          "no TLS connection to the server could be made: is its certificate valid, made out for"
              + " this host (or serverName), and issued by somebody who is trusted"
              + " (trustCertificates), and does it want to see one (clientCertificate)?",
          cause,
          false);
    }
    if (cause instanceof RedisConnectionException || cause instanceof TimeoutException) {
      return new SessionStoreUnavailableException(
          "no connection to the server could be made: is it running, and is the URI right?",
          cause,
          false);
    }
    if (cause instanceof ConnectionLostException
        || cause instanceof IOException
        || cause instanceof CancellationException) {
      return lost();
    }
    if (cause instanceof OutOfStepException) {
      return outOfStep();
    }
    if (cause instanceof Error || cause.getCause() instanceof Error) {
      return new SessionStoreUnavailableException(
          "an error struck while the command was sent or its answer was read, so its connection"
              + " was closed; the command may have run. Check the memory of this process (-Xmx,"
              + " -XX:MaxDirectMemorySize)",
          cause,
          true);
    }
    String message = cause.getMessage() == null ? "" : cause.getMessage();
    if (message.contains("Currently not connected")) {
      return notConnected();
    }
    if (cause instanceof io.lettuce.core.RedisException) {
      return lost();
    }
    return new SessionStoreException(
        "a command could not be sent: " + cause.getClass().getName(), null);
  }

  /** Whether a command failed before it was sent, so that sending it again sends it once. */
  static boolean wasNotSent(Throwable error) {
    return translate(error) instanceof SessionStoreUnavailableException unavailable
        && !unavailable.outcomeUnknown();
  }

  static SessionStoreUnavailableException closed() {
    return new SessionStoreUnavailableException(
        "this store is closed: it was closed by close() or closeAsync()", null, false);
  }

  static SessionStoreUnavailableException notConnected() {
    return new SessionStoreUnavailableException(NOT_CONNECTED, null, false);
  }

  static SessionStoreUnavailableException overloaded() {
    return new SessionStoreUnavailableException(OVERLOADED, null, false);
  }

  /** Whether it failed here, and says nothing of the server. */
  static boolean isOurOwn(Throwable error) {
    return NOT_CONNECTED.equals(error.getMessage()) || OVERLOADED.equals(error.getMessage());
  }

  static SessionStoreUnavailableException tooManyHeld() {
    return new SessionStoreUnavailableException(
        "replicas do not keep up: "
            + Lane.MOST
            + " changes wait already, or "
            + Backlog.MOST_MEBIBYTES
            + " MiB of them, until those before them are acknowledged (acknowledgedBy);"
            + " nothing was sent",
        null,
        false);
  }

  static SessionStoreUnavailableException acknowledgedByTooFew(
      long replicas, Acknowledgement wanted) {
    return new SessionStoreUnavailableException(
        "the change is on the primary, but "
            + replicas
            + " of "
            + wanted.replicas()
            + " replicas have confirmed it within "
            + wanted.within().toMillis()
            + " ms (acknowledgedBy), so that a failover may undo it; repeating the call waits for"
            + " them again",
        null,
        true);
  }

  /** A change is on the primary, and it is not known how many replicas have it. */
  static SessionStoreUnavailableException notAcknowledged(@Nullable Throwable error) {
    return new SessionStoreUnavailableException(
        "the change may be on the primary, but whether replicas have it (acknowledgedBy) could not"
            + " be asked; repeating the call asks again",
        error,
        true);
  }

  /** The time of a call is over, which began with a replica that did not answer. */
  static SessionStoreException timeUp() {
    return (SessionStoreException) translate(new TimeUpException());
  }

  private static SessionStoreUnavailableException lost() {
    return new SessionStoreUnavailableException(
        "the connection to the server broke before the answer came; the command may have run",
        null,
        true);
  }

  private static SessionStoreUnavailableException outOfStep() {
    return new SessionStoreUnavailableException(
        "the answer that came did not belong to this command, so it was not used and the connection"
            + " was closed; the command may have run. Check whatever stands between this process"
            + " and the server",
        null,
        true);
  }

  private static SessionStoreException refused(String message) {
    String code = code(message);
    if (code.equals("WRONGTYPE") || message.contains("WRONGTYPE")) {
      return new OtherTypeException();
    }
    if (code.equals("NOPERM")
        || message.contains("ACL failure")
        || message.contains(FORBIDDEN_IN_SCRIPT)) {
      return forbidden(message);
    }
    if (code.equals("NOAUTH") || code.equals("WRONGPASS") || message.contains("invalid password")) {
      return new SessionStoreException(
          "the server refused the user name or password: check both in the URI"
              + " (valkey://user:password@host:port)");
    }
    if (REDIRECTIONS.contains(code)) {
      return RedirectedException.parse(code, message);
    }
    if (code.equals(READ_ONLY) || message.contains(WAIT_ON_A_REPLICA)) {
      return new ReadOnlyException();
    }
    if (CANNOT_WORK_NOW.contains(code)) {
      return new SessionStoreUnavailableException(
          "the server cannot do this now and answered " + code + "; nothing was written",
          null,
          false);
    }
    if (message.contains("unknown command")) {
      Matcher command = COMMAND.matcher(message);
      String name = command.find() ? command.group(1).toUpperCase(Locale.ROOT) : "of ours";
      return new UnknownCommandException(
          name.startsWith("EVAL")
              ? NO_SCRIPTS
              : "the server does not know the command "
                  + name
                  + ": Latchkey needs Valkey, or Redis 6.2 or newer");
    }
    if (message.contains("cluster support disabled")) {
      return new SessionStoreException(
          "the server is not a node of a cluster: connect to it with valkey:// instead");
    }
    if (message.contains("scripting engine")) {
      return new SessionStoreException(NO_SCRIPTS);
    }
    return new SessionStoreException("the server answered with an error: " + printable(code));
  }

  /** What an answer begins with; up to Redis 7.0 that of a script's command stands further back. */
  private static String code(String message) {
    String first = message.split(" ", 2)[0];
    if (message.startsWith("ERR Error running script")) {
      Matcher inner = CODE_IN_SCRIPT.matcher(message);
      while (inner.find()) {
        if (CANNOT_WORK_NOW.contains(inner.group(1)) || READ_ONLY.equals(inner.group(1))) {
          return inner.group(1);
        }
      }
    }
    return first;
  }

  private static SessionStoreException forbidden(String message) {
    Matcher command = COMMAND.matcher(message);
    String what =
        command.find() && message.contains("command")
            ? "the command " + command.group(1).toUpperCase(Locale.ROOT)
            : "a key or command";
    return new ForbiddenException(
        "the server's user has no permission for "
            + what
            + ": grant it the keys of the namespace and these commands, as in ACL SETUSER"
            + " <user> ~<namespace>:* "
            + NEEDED
            + " (those from +hgetall on for the HASH layout and migrateFrom alone; with a database"
            + " other than 0 also +select; on a cluster also "
            + NEEDED_ON_A_CLUSTER
            + "; with acknowledgedBy also "
            + NEEDED_FOR_ACKNOWLEDGEMENT
            + "; with readFromReplicas also, on primaries and replicas, "
            + NEEDED_FOR_REPLICAS
            + ", and on a cluster "
            + NEEDED_FOR_REPLICAS_OF_A_CLUSTER
            + ")");
  }

  private static String printable(String code) {
    return code.matches("[A-Z]{1,20}") ? code : "ERR";
  }

  private static <E> @Nullable E inChain(Class<E> type, Throwable error) {
    for (Throwable current = error; current != null; current = current.getCause()) {
      if (type.isInstance(current)) {
        return type.cast(current);
      }
    }
    return null;
  }

  static Throwable unwrap(Throwable error) {
    Throwable current = error;
    while ((current instanceof CompletionException || current instanceof ExecutionException)
        && current.getCause() != null) {
      current = current.getCause();
    }
    return current;
  }

  /** Under a session's key lies what commands of the store's layout cannot work with. */
  static final class OtherTypeException extends UnreadableSessionException {
    private static final long serialVersionUID = 1L;

    OtherTypeException() {
      super(
          "what is stored for the session is of another type than this store's layout; it was left"
              + " alone. If it was written with the other layout, set migrateFrom("
              + "MigrationSource.layout(...)) on the store's builder, and the next save rewrites"
              + " it");
    }
  }

  /** The user lacks a permission. */
  static final class ForbiddenException extends SessionStoreException {
    private static final long serialVersionUID = 1L;

    ForbiddenException(String message) {
      super(message);
    }
  }

  /** The server is too old, or lacks a module. */
  static final class UnknownCommandException extends SessionStoreException {
    private static final long serialVersionUID = 1L;

    UnknownCommandException(String message) {
      super(message);
    }
  }

  /** The server is a replica. */
  static final class ReadOnlyException extends SessionStoreUnavailableException {
    private static final long serialVersionUID = 1L;

    ReadOnlyException() {
      super(
          "the server cannot do this now and answered READONLY; nothing was written", null, false);
    }
  }

  /**
   * A node of a cluster sends the command to another one, or wants to be asked later. Callers see
   * it where the store does not know that the server is one of a cluster.
   */
  static final class RedirectedException extends SessionStoreUnavailableException {
    private static final long serialVersionUID = 1L;

    /** What to do. */
    enum Kind {
      /** The slot has moved there. */
      MOVED,
      /** The slot is about to move there, and the session has moved already. */
      ASK,
      /** The slot is on its way, and the session too. */
      LATER
    }

    private final Kind kind;
    private final String host;
    private final int port;

    private RedirectedException(Kind kind, String message, String host, int port) {
      super(message, null, false);
      this.kind = kind;
      this.host = host;
      this.port = port;
    }

    /**
     * Reads {@code MOVED 3999 host:port}, or ASK; what cannot be read is asked again later. So is a
     * node whose host is not known to the one that answers ({@code ?}).
     */
    static RedirectedException parse(String code, String message) {
      Matcher target = TARGET.matcher(message);
      if (code.equals("TRYAGAIN") || !target.matches() || target.group(1).equals("?")) {
        return later();
      }
      return new RedirectedException(
          Kind.valueOf(code),
          "the server is a node of a cluster, and answered "
              + code
              + ": connect to it with valkey-cluster:// instead; nothing was written",
          target.group(1),
          Integer.parseInt(target.group(2)));
    }

    static RedirectedException later() {
      return new RedirectedException(
          Kind.LATER,
          "the session is just being moved to another node of the cluster (TRYAGAIN); nothing was"
              + " written",
          "",
          0);
    }

    Kind kind() {
      return kind;
    }

    /** The host of the node to ask; empty if it is the host of the node that said so. */
    String host() {
      return host;
    }

    int port() {
      return port;
    }
  }

  /** A connection broke with the command on its way. */
  static final class ConnectionLostException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ConnectionLostException() {
      super("connection lost", null, false, false);
    }
  }

  /** What came cannot be the answer to the command that waits for one. */
  static final class OutOfStepException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    OutOfStepException() {
      super("out of step", null, false, false);
    }

    OutOfStepException(Throwable cause) {
      super("out of step", cause, false, false);
    }
  }

  /** Nobody waits until all of it is here. */
  static final class AnswerTooLargeException extends UnreadableSessionException {
    private static final long serialVersionUID = 1L;

    AnswerTooLargeException(int maxAnswerSize) {
      super(
          "what is stored for the session is larger than maxAnswerSize, "
              + maxAnswerSize
              + " bytes; it was not read, and left alone. Delete the session, or set a larger"
              + " maxAnswerSize");
    }
  }

  /** The commandTimeout is over. */
  static final class TimeUpException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TimeUpException() {
      super("no answer in time", null, false, false);
    }
  }
}
