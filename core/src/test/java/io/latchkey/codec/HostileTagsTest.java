package io.latchkey.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.latchkey.SessionAttributeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No class is loaded, let alone initialised, because the data names it. */
class HostileTagsTest {
  private static final String HERE = "io.latchkey.codec.HostileTagsTest$";
  private static final String TRAP = HERE + "Trap";
  private static final String SPRUNG = "io.latchkey.trap";

  /** Tells when it is initialised. */
  static final class Trap {
    static {
      System.setProperty(SPRUNG, "initialised");
    }

    @SuppressWarnings("UnusedMethod") // would be called, if it were made
    public void setName(String name) {}
  }

  record Honest(String name, Object value) {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.CLASS)
  interface Named {}

  record Classy(Class<?> type) {}

  record Holder(Named named) {}

  private final RecordingLoader loader = new RecordingLoader();
  private final AttributeCodec codec = codec();

  private AttributeCodec codec() {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(loader);
    try {
      AttributeOptions options = new AttributeOptions();
      options.allow(HERE + "Honest", HERE + "Holder", HERE + "Classy");
      return options.codec();
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'@type':'TRAP'}",
        "{'@type':'TRAP','name':'x'}",
        "{'@type':'TRAP','@value':{'name':'x'}}",
        "{'@type':'TRAP','@value':'x'}",
        "{'@type':'TRAP','@entries':[1,2]}",
        "{'@type':'TRAP[]','@value':[]}",
        "{'@type':'TRAP[][]','@value':[]}",
        "{'@type':'[LTRAP;','@value':[]}",
        "{'@type':'java.util.ArrayList<TRAP>','@value':[]}",
        "{'@type':'java.util.EnumSet<TRAP>','@value':[]}",
        "{'@type':'java.util.EnumMap<TRAP>','@value':{}}",
        "{'@type':'java.util.EnumMap<java.util.HashMap<TRAP>>','@value':{}}",
        "{'@type':'java.util.HashMap','@value':{'a':{'@type':'TRAP'}}}",
        "{'@type':'java.util.HashMap','@entries':[{'@type':'TRAP'},1]}",
        "[{'@type':'TRAP'}]",
        "{'a':[{'b':{'@type':'TRAP'}}]}",
        "{'@type':'HEREHonest','name':'x','value':{'@type':'TRAP'}}",
        "{'@type':'HEREHonest','name':{'@type':'TRAP'},'value':1}",
        "{'@type':'HEREHonestly','name':'x'}",
        "{'@type':'HEREClassy','type':'TRAP'}",
        "{'@type':'HEREClassy','type':{'@type':'java.lang.Class','@value':'TRAP'}}",
        "{'@type':'HEREHolder','named':{'@class':'TRAP'}}",
        "{'@type':'HEREHolder','named':{'@class':'java.util.ArrayList<TRAP>'}}",
        "{'@type':'HEREHolder','named':{'@type':'TRAP'}}",
        "{'@type':'java.lang.Class','@value':'TRAP'}",
        "{'@type':'java.io.File','@value':'/etc/passwd'}",
        "{'@type':'java.net.URL','@value':'https://example.org'}",
        "{'@type':'javax.script.ScriptEngineManager'}",
        "{'@type':'java.lang.ProcessBuilder','command':['x']}"
      })
  void classThatIsNotAllowedIsNotEvenLookedFor(String json) {
    String data = json.replace("TRAP", TRAP).replace("HERE", HERE).replace('\'', '"');
    assertThatThrownBy(() -> codec.decode("a", bytes(data)))
        .isInstanceOf(SessionAttributeException.class)
        .hasMessageContaining("'a'")
        .hasNoCause();
    assertThat(loader.asked)
        .noneMatch(
            name ->
                name.contains("Trap")
                    || name.contains("Honestly")
                    || name.startsWith("java.io.File")
                    || name.startsWith("java.net.URL")
                    || name.startsWith("javax."));
    assertThat(System.getProperty(SPRUNG)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'@type':'TRAP','name':'x','value':1}",
        "{'@type':'java.lang.Long','@value':{'name':'x','value':1}}",
        "{'name':'x','value':{'@type':'TRAP'}}"
      })
  void whoAsksForAClassLoadsNoOtherEither(String json) {
    String data = json.replace("TRAP", TRAP).replace('\'', '"');
    try {
      Object read = codec.decode("a", bytes(data), Honest.class);
      assertThat(read).isEqualTo(new Honest("x", 1));
    } catch (SessionAttributeException e) {
      assertThat(e).hasNoCause();
    }
    assertThat(loader.asked).noneMatch(name -> name.contains("Trap"));
    assertThat(System.getProperty(SPRUNG)).isNull();
  }

  @Test
  void classThatIsAllowedIsLoadedByTheLoaderOfTheBuildersThread() {
    Object read =
        codec.decode("a", bytes("{\"@type\":\"" + HERE + "Honest\",\"name\":\"x\",\"value\":1}"));
    assertThat(read).isEqualTo(new Honest("x", 1));
    assertThat(loader.asked).contains(HERE + "Honest");
  }

  @Test
  void onlyTheFirstKeyIsATag() {
    Map<?, ?> read =
        (Map<?, ?>)
            Objects.requireNonNull(
                codec.decode("a", bytes("{\"a\":1,\"@type\":\"" + TRAP + "\",\"@value\":5}")));
    assertThat(new ArrayList<Object>(read.keySet())).isEqualTo(List.of("a", "@type", "@value"));
  }

  private static JsonBytes bytes(String json) {
    return JsonBytes.of(json.getBytes(UTF_8));
  }

  private static final class RecordingLoader extends ClassLoader {
    final List<String> asked = new CopyOnWriteArrayList<>();

    RecordingLoader() {
      super(HostileTagsTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      asked.add(name);
      return super.loadClass(name, resolve);
    }
  }
}
