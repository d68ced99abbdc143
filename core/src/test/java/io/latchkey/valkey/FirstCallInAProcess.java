package io.latchkey.valkey;

import static io.latchkey.valkey.Sessions.PATIENCE;

import io.latchkey.BlockHoundExtension;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import reactor.blockhound.BlockingOperationError;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * The program of a process of its own, in which nothing has used the network before: creates one
 * session from a non-blocking thread, and prints what blocked.
 */
final class FirstCallInAProcess {
  private FirstCallInAProcess() {}

  /** Runs it, and gives what it printed. */
  static String run(String uri, String namespace) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("-XX:"))
        .forEach(command::add);
    command.addAll(List.of("-cp", System.getProperty("java.class.path", "")));
    command.addAll(List.of(FirstCallInAProcess.class.getName(), uri, namespace));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  public static void main(String[] args) {
    BlockHoundExtension.takeViolations();
    ValkeySessionStore store =
        ValkeySessionStore.builder(args[0]).namespace(args[1]).commandTimeout(PATIENCE).build();
    Mono<String> call =
        Mono.defer(() -> store.create(Map.of("user", "user123")))
            .map(session -> "created")
            .onErrorResume(error -> Mono.just("failed"));
    System.out.println(call.subscribeOn(Schedulers.parallel()).block(PATIENCE.multipliedBy(2)));
    for (BlockingOperationError error : BlockHoundExtension.takeViolations()) {
      error.printStackTrace(System.out);
    }
    System.exit(0);
  }
}
