package io.latchkey;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;

/**
 * A type with its type arguments, which a {@code Class} cannot carry. Make one as an anonymous
 * subclass:
 *
 * <pre>{@code
 * Optional<List<String>> cart = session.get("cart", new TypeRef<List<String>>() {});
 * }</pre>
 *
 * <p>Immutable, and safe for use by several threads.
 *
 * @param <T> the type
 */
public abstract class TypeRef<T> {
  private final Type type;

  /**
   * Takes the type from the subclass.
   *
   * @throws IllegalStateException if the subclass does not name a type, as in {@code new TypeRef()
   *     {}}
   */
  protected TypeRef() {
    if (!(getClass().getGenericSuperclass() instanceof ParameterizedType superclass)) {
      throw new IllegalStateException(
          "TypeRef needs its type argument: new TypeRef<List<String>>() {}");
    }
    type = superclass.getActualTypeArguments()[0];
  }

  /**
   * The type itself.
   *
   * @return the type, as reflection shows it
   */
  public final Type type() {
    return type;
  }

  @Override
  public final String toString() {
    return type.getTypeName();
  }
}
