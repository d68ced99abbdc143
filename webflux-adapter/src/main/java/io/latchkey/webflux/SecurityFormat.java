package io.latchkey.webflux;

import io.latchkey.AttributeFormat;
import io.latchkey.codec.GuardedTypes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.springframework.security.jackson.SecurityJacksonModules;
import tools.jackson.databind.DatabindContext;
import tools.jackson.databind.JacksonModule;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.exc.InvalidTypeIdException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.jsontype.BasicPolymorphicTypeValidator;

/**
 * Spring Security's own JSON. Its modules decide which classes it may name; but where they would
 * load a class to find out, this goes by the name alone.
 */
final class SecurityFormat implements AttributeFormat {
  /** What Security has a module for, but does not list, as it never is the value of anything. */
  private static final String CSRF_TOKEN =
      "org.springframework.security.web.server.csrf.DefaultCsrfToken";

  /** Wrappers that Jackson makes anew out of plain lists and maps. */
  private static final String[] JDK = {"java.util.Collections$", "java.util.ImmutableCollections$"};

  private final JsonMapper mapper;

  SecurityFormat(Predicate<String> allowed) {
    ClassLoader loader = loader();
    Names names = new Names();
    List<JacksonModule> modules = SecurityJacksonModules.getModules(loader, names);
    names.allowed = allowed;
    mapper =
        JsonMapper.builder()
            .typeFactory(new GuardedTypes(names::allow, loader))
            .polymorphicTypeValidator(names.build())
            .addModules(modules)
            .build();
  }

  private static ClassLoader loader() {
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    return context != null ? context : SecurityFormat.class.getClassLoader();
  }

  /** The names of the classes that may be attributes, as far as the class path has them. */
  static String[] classes() {
    Names names = new Names();
    SecurityJacksonModules.getModules(loader(), names);
    List<String> classes = new ArrayList<>(List.of(CSRF_TOKEN));
    names.classes.stream().filter(name -> !name.startsWith("java.")).forEach(classes::add);
    return classes.toArray(String[]::new);
  }

  @Override
  public byte[] write(Object value) {
    return mapper.writerFor(Object.class).writeValueAsBytes(value);
  }

  @Override
  public Object read(byte[] json) throws ClassNotFoundException {
    try {
      return mapper.readValue(json, Object.class);
    } catch (InvalidTypeIdException e) {
      throw new ClassNotFoundException(e.getTypeId());
    }
  }

  /** Takes note of what Security's modules allow, and judges by the names. */
  private static final class Names extends BasicPolymorphicTypeValidator.Builder {
    private final Set<String> classes = new HashSet<>();
    private final Set<String> prefixes = new HashSet<>();
    private Predicate<String> allowed = name -> false;

    boolean allow(String name) {
      return name.equals(CSRF_TOKEN)
          || classes.contains(name)
          || prefixes.contains(name)
          || name.startsWith(JDK[0])
          || name.startsWith(JDK[1])
          || allowed.test(name);
    }

    @Override
    public BasicPolymorphicTypeValidator.Builder allowIfSubType(Class<?> type) {
      classes.add(type.getName());
      return this;
    }

    @Override
    public BasicPolymorphicTypeValidator.Builder allowIfSubType(String prefix) {
      prefixes.add(prefix);
      return this;
    }

    @Override
    public BasicPolymorphicTypeValidator build() {
      return new ByName(this);
    }
  }

  private static final class ByName extends BasicPolymorphicTypeValidator {
    private static final long serialVersionUID = 1L;

    private final transient Names names;

    ByName(Names names) {
      super(null, null, null, null);
      this.names = names;
    }

    @Override
    public Validity validateBaseType(DatabindContext context, JavaType base) {
      return Validity.INDETERMINATE;
    }

    @Override
    public Validity validateSubClassName(DatabindContext context, JavaType base, String className) {
      return names.allow(className) ? Validity.ALLOWED : Validity.DENIED;
    }

    @Override
    public Validity validateSubType(DatabindContext context, JavaType base, JavaType type) {
      return validateSubClassName(context, base, type.getRawClass().getName());
    }
  }
}
