package io.latchkey.tck;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerChoiceTest {
  @TempDir private Path folder = Path.of("");
  private String pathWithServer = "";

  @BeforeEach
  void placeAServer() throws IOException {
    Path bin = Files.createDirectory(folder.resolve("bin"));
    assertThat(Files.createFile(bin.resolve("valkey-server")).toFile().setExecutable(true))
        .isTrue();
    pathWithServer = folder + File.pathSeparator + bin;
  }

  @Test
  void theUriInTheEnvironmentComesFirst() {
    assertThat(ServerChoice.shared("valkey://there", pathWithServer, () -> true))
        .isEqualTo(ServerChoice.URI);
  }

  @Test
  void aBlankUriIsNone() {
    assertThat(ServerChoice.shared(" ", pathWithServer, () -> true)).isEqualTo(ServerChoice.PATH);
  }

  @Test
  void thePathComesBeforeDockerWhichIsNotAskedThen() {
    assertThat(
            ServerChoice.shared(
                null,
                pathWithServer,
                () -> {
                  throw new AssertionError("asked");
                }))
        .isEqualTo(ServerChoice.PATH);
  }

  @Test
  void dockerComesBeforeTheEmbeddedBinary() {
    assertThat(ServerChoice.shared(null, folder.toString(), () -> true))
        .isEqualTo(ServerChoice.DOCKER);
  }

  @Test
  void theEmbeddedBinaryIsWhatIsLeft() {
    assertThat(ServerChoice.shared(null, null, () -> false)).isEqualTo(ServerChoice.EMBEDDED);
  }

  @Test
  void aServerOfOnesOwnIsStartedEvenIfAUriIsGiven() {
    assertThat(ServerChoice.ofOnesOwn(pathWithServer, () -> true)).isEqualTo(ServerChoice.PATH);
  }

  @Test
  void aFileThatCannotBeExecutedIsNoServer() {
    File server = folder.resolve("bin/valkey-server").toFile();
    assertThat(server.setExecutable(false, false)).isTrue();
    assertThat(ServerChoice.executableOn(pathWithServer)).isEmpty();
  }
}
