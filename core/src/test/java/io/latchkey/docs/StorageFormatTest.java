package io.latchkey.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.latchkey.Session;
import io.latchkey.tck.ValkeyServer;
import io.latchkey.valkey.ValkeySessionStore;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The example of docs/storage-format.md, run as it is printed there. */
@ExtendWith(ValkeyServer.class)
class StorageFormatTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** A client that is enough for one GET. */
  private static final String CLIENT =
      """

      import socket, sys

      def get(key):
          connection = socket.create_connection((sys.argv[1], int(sys.argv[2])))
          data = key.encode()
          connection.sendall(b"*2\\r\\n$3\\r\\nGET\\r\\n$%d\\r\\n%s\\r\\n" % (len(data), data))
          answers = connection.makefile("rb")
          length = int(answers.readline()[1:])
          return None if length < 0 else answers.read(length)

      print(read_session(get, sys.argv[3], sys.argv[4]))
      """;

  @TempDir Path folder;

  @Test
  void thePythonExampleReadsASessionAndChecksItsSecret(ValkeyServer server) throws Exception {
    assumeTrue(server.isOwn(), "the example signs in to no server");
    Path script = Files.writeString(folder.resolve("read_session.py"), example() + CLIENT);
    try (ValkeySessionStore store =
        ValkeySessionStore.builder(server.uri()).namespace(server.namespace()).build()) {
      Session session =
          store
              .create(Map.of("user", "ada", "cart", List.of("lamp", "kettle")))
              .blockOptional(PATIENCE)
              .orElseThrow();
      String wrong = session.handle() + store.newSession().id().substring(16);
      String nobodys = store.newSession().id();
      assertThat(run(script, server, session.id()))
          .contains("'user': 'ada'", "'cart': ['lamp', 'kettle']");
      assertThat(run(script, server, wrong)).isEqualTo("None");
      assertThat(run(script, server, nobodys)).isEqualTo("None");
      store.delete(session.id()).block(PATIENCE);
    }
  }

  private static String example() throws IOException {
    String page = Files.readString(Path.of("../docs/storage-format.md"));
    String begin = "<!-- StorageFormatTest runs this -->\n```python\n";
    int start = page.indexOf(begin) + begin.length();
    return page.substring(start, page.indexOf("```", start));
  }

  private static String run(Path script, ValkeyServer server, String id) throws Exception {
    URI uri = URI.create(server.uri());
    Process python;
    try {
      python =
          new ProcessBuilder(
                  "python3",
                  script.toString(),
                  uri.getHost(),
                  String.valueOf(uri.getPort()),
                  id,
                  server.namespace())
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      assumeTrue(false, "there is no python3 on the PATH");
      throw e;
    }
    assertThat(python.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return new String(python.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
  }
}
