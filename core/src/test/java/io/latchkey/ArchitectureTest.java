package io.latchkey;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.codeUnits;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.locks.Condition;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Data flows one way: store, layout, codec, commands. Nothing below knows of anything above. */
class ArchitectureTest {
  private static final String API = "io.latchkey";
  private static final String CODEC = "io.latchkey.codec..";
  private static final String INTERNAL = "io.latchkey.internal..";
  private static final String MEMORY = "io.latchkey.memory..";
  private static final String VALKEY = "io.latchkey.valkey..";

  private static final String[] JAVA = {"java.lang..", "java.math..", "java.net..", "java.nio.."};
  private static final String[] JAVA_TOO = {
    "java.io..", "java.security..", "java.time..", "java.util..", "javax.net.ssl.."
  };
  private static final String[] REACTIVE = {"reactor..", "org.reactivestreams.."};
  private static final String[] LETTUCE = {"io.lettuce..", "io.netty.."};
  private static final String JACKSON = "tools.jackson..";
  private static final String JACKSON_ANNOTATIONS = "com.fasterxml.jackson.annotation..";
  private static final String JSPECIFY = "org.jspecify.annotations..";
  private static final String SLF4J = "org.slf4j..";
  private static final String CRAC = "org.crac..";

  private static final JavaClasses MAIN =
      new ClassFileImporter()
          .importUrl(Session.class.getProtectionDomain().getCodeSource().getLocation());

  @Test
  void theApiKnowsNothingOfWhatLiesBelowIt() {
    onlyDependsOn(API, platform(), REACTIVE, in(API));
  }

  @Test
  void theCodecKnowsTheApiAndJacksonOnly() {
    onlyDependsOn(CODEC, platform(), in(JACKSON, JACKSON_ANNOTATIONS, API, CODEC));
  }

  @Test
  void whatStoresShareKnowsNoStoreAndNoServer() {
    onlyDependsOn(INTERNAL, platform(), REACTIVE, in(SLF4J, CRAC, API, CODEC, INTERNAL));
  }

  @Test
  void theStoreInMemoryKnowsNoServer() {
    onlyDependsOn(MEMORY, platform(), REACTIVE, in(SLF4J, API, CODEC, INTERNAL, MEMORY));
  }

  @Test
  void theStoreInValkeyKnowsNoOtherStore() {
    onlyDependsOn(VALKEY, platform(), REACTIVE, LETTUCE, in(SLF4J, API, CODEC, INTERNAL, VALKEY));
  }

  @Test
  void everyClassStandsInOneOfThesePackages() {
    classes().should().resideInAnyPackage(API, CODEC, INTERNAL, MEMORY, VALKEY).check(MAIN);
  }

  @Test
  void lettuceAndNettyAreUsedInTheValkeyPackageOnly() {
    noClasses()
        .that()
        .resideOutsideOfPackage(VALKEY)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(LETTUCE)
        .check(MAIN);
  }

  @Test
  void noPublicSignatureOutsideTheValkeyPackageNamesLettuce() {
    codeUnits()
        .that(describe("users can call", ArchitectureTest::isCallableByUsers))
        .and()
        .areDeclaredInClassesThat()
        .resideOutsideOfPackage(VALKEY)
        .should(nameNoTypeOf(LETTUCE))
        .check(MAIN);
  }

  @Test
  void noPublicSignatureNamesATypeThatUsersCannotSee() {
    codeUnits()
        .that(describe("users can call", ArchitectureTest::isCallableByUsers))
        .and()
        .areDeclaredInClassesThat()
        .resideInAnyPackage(API, MEMORY, VALKEY)
        .should(nameNoTypeOf(CODEC, INTERNAL, JACKSON, "io.netty.."))
        .check(MAIN);
  }

  @Test
  void theTimeComesFromTheStoresClock() {
    noClasses()
        .should()
        .accessTargetWhere(calls(Instant.class, "now"))
        .orShould()
        .accessTargetWhere(calls(System.class, "currentTimeMillis"))
        .orShould()
        .accessTargetWhere(calls(Clock.class, "systemDefaultZone"))
        .check(MAIN);
  }

  @Test
  void nothingBlocks() {
    noClasses()
        .should()
        .accessTargetWhere(calls(Thread.class, "sleep", "join"))
        .orShould()
        .accessTargetWhere(calls(Object.class, "wait"))
        .orShould()
        .accessTargetWhere(calls(Mono.class, "block", "blockOptional"))
        .orShould()
        .accessTargetWhere(calls(Flux.class, "blockFirst", "blockLast", "toIterable", "toStream"))
        .orShould()
        .accessTargetWhere(calls(Future.class, "get", "join", "await", "sync"))
        .orShould()
        .accessTargetWhere(calls(CountDownLatch.class, "await"))
        .orShould()
        .accessTargetWhere(calls(Condition.class, "await"))
        .check(MAIN);
  }

  @Test
  void logsGoThroughSlf4jAlone() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.util.logging..")
        .orShould()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .check(MAIN);
  }

  private static void onlyDependsOn(String packages, String[]... allowed) {
    classes()
        .that()
        .resideInAPackage(packages)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(Arrays.stream(allowed).flatMap(Arrays::stream).toArray(String[]::new))
        .check(MAIN);
  }

  private static String[] platform() {
    return Stream.of(JAVA, JAVA_TOO, in(JSPECIFY)).flatMap(Arrays::stream).toArray(String[]::new);
  }

  private static String[] in(String... packages) {
    return packages;
  }

  /** A call or a method reference, on that type or one below it. */
  private static DescribedPredicate<JavaAccess<?>> calls(Class<?> type, String... methods) {
    Set<String> names = Set.of(methods);
    return describe(
        "calls " + type.getSimpleName() + "." + String.join("/", methods),
        access ->
            names.contains(access.getTarget().getName())
                && access.getTargetOwner().isAssignableTo(type));
  }

  private static boolean isCallableByUsers(JavaCodeUnit unit) {
    return isOpen(unit.getModifiers())
        && unit.getOwner().getModifiers().contains(JavaModifier.PUBLIC);
  }

  private static boolean isOpen(Set<JavaModifier> modifiers) {
    return modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED);
  }

  private static ArchCondition<JavaCodeUnit> nameNoTypeOf(String... packages) {
    DescribedPredicate<JavaClass> forbidden = JavaClass.Predicates.resideInAnyPackage(packages);
    return new ArchCondition<>("name no type of " + String.join(", ", packages)) {
      @Override
      public void check(JavaCodeUnit unit, ConditionEvents events) {
        Stream.concat(
                unit.getReturnType().getAllInvolvedRawTypes().stream(),
                unit.getParameterTypes().stream()
                    .flatMap(type -> type.getAllInvolvedRawTypes().stream()))
            .filter(forbidden)
            .forEach(
                type ->
                    events.add(
                        SimpleConditionEvent.violated(
                            unit, unit.getDescription() + " names " + type.getName())));
      }
    };
  }
}
