package io.latchkey.valkey;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The user whom README.md tells administrators to make, read from its text. */
final class ReadmeUser {
  static final String NAME = "readme";
  static final String PASSWORD = "s3cret";

  /** Where the text says that what follows serves one layout alone. */
  private static final Pattern FOR_HASH =
      Pattern.compile(
          "the commands from `(\\S+)` on are for the `HASH` layout and `migrateFrom` alone");

  private static final Pattern FOR_ACKNOWLEDGEMENT =
      Pattern.compile("With `acknowledgedBy`, that user needs `([^`]+)` too");

  private static final Pattern ON_A_CLUSTER =
      Pattern.compile("on a cluster, on every node, `([^`]+)` too");

  private static final Pattern FOR_SPRING_SESSION =
      Pattern.compile("sessions of Spring Session to migrate, their keys, `([^`]+)`");

  private static final Pattern RULE =
      Pattern.compile("ACL SETUSER app on >password ((?:~latchkey:\\* )?)(\\+.*)");

  private ReadmeUser() {}

  /**
   * The command that makes the user on a server.
   *
   * @param more what else the user needs there
   */
  static String[] onServers(String namespace, Layout layout, String... more) {
    List<String> permissions = new ArrayList<>(rule(0, true));
    if (layout == Layout.STRING) {
      int end = permissions.indexOf(first(FOR_HASH).group(1));
      permissions.subList(end, permissions.size()).clear();
    }
    permissions.add("~" + namespace + ":*");
    permissions.addAll(Arrays.asList(more));
    return command(permissions);
  }

  /** The command that makes the user on a sentinel. */
  static String[] onSentinels() {
    return command(rule(1, false));
  }

  /** What acknowledged changes need besides. */
  static String[] forAcknowledgement() {
    return first(FOR_ACKNOWLEDGEMENT).group(1).split(" ");
  }

  /** Which keys the sessions of Spring Session have. */
  static String ofSpringSession(String namespace) {
    return first(FOR_SPRING_SESSION)
        .group(1)
        .replace(MigrationSource.SPRING_SESSION_NAMESPACE, namespace);
  }

  /** What is needed on the nodes of a cluster besides. */
  static String[] onACluster() {
    return first(ON_A_CLUSTER).group(1).split(" ");
  }

  /** The URI with the user in it. */
  static String in(String uri) {
    return uri.replaceFirst("://", "://" + NAME + ":" + PASSWORD + "@");
  }

  private static String[] command(List<String> permissions) {
    List<String> words = new ArrayList<>(List.of("ACL", "SETUSER", NAME, "reset", "on"));
    words.add(">" + PASSWORD);
    words.addAll(permissions);
    return words.toArray(String[]::new);
  }

  private static List<String> rule(int number, boolean withKeys) {
    List<MatchResult> rules = RULE.matcher(readme()).results().toList();
    if (rules.size() != 2 || rules.get(number).group(1).isEmpty() == withKeys) {
      throw new IllegalStateException("README.md has not the two ACL rules that it had");
    }
    return List.of(rules.get(number).group(2).split(" "));
  }

  private static Matcher first(Pattern pattern) {
    Matcher matcher = pattern.matcher(readme().replace('\n', ' '));
    if (!matcher.find()) {
      throw new IllegalStateException("README.md does not say any more: " + pattern);
    }
    return matcher;
  }

  private static String readme() {
    try {
      return Files.readString(Path.of("../README.md"), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
