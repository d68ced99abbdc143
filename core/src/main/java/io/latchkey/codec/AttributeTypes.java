package io.latchkey.codec;

import io.latchkey.AttributeFormat;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a codec is told about the types of attributes. Immutable.
 *
 * @param allowed the classes that stored data may name
 * @param strict whether a value of another class is refused, unless the caller asks for that anyway
 * @param byName the types of attributes that have one of their own
 * @param formats the classes that have a format of their own
 * @param modules whether to use the Jackson modules on the class path
 * @param loader loads the classes that stored data names
 */
record AttributeTypes(
    AllowList allowed,
    boolean strict,
    Map<String, Type> byName,
    List<Format> formats,
    boolean modules,
    ClassLoader loader) {

  /**
   * A format and the classes that it is for.
   *
   * @param classes their names, or packages
   * @param format writes and reads them
   */
  record Format(AllowList classes, AttributeFormat format) {}

  @Nullable AttributeFormat format(String className) {
    for (Format each : formats) {
      if (each.classes.allowsByOption(className)) {
        return each.format;
      }
    }
    return null;
  }
}
