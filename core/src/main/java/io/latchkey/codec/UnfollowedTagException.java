package io.latchkey.codec;

import tools.jackson.core.JsonParser;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.exc.InvalidTypeIdException;

/** A tag stands in the data that leads nowhere. */
final class UnfollowedTagException extends InvalidTypeIdException {
  private static final long serialVersionUID = 1L;

  static final String NOT_ALLOWED = "not allowed";
  static final String GONE = "gone";

  private final String why;

  UnfollowedTagException(JsonParser parser, JavaType base, String tag, String why) {
    super(parser, why, base, tag);
    this.why = why;
  }

  /** What is wrong with it, with the name of the class. */
  String explanation() {
    String name = Tags.component(getTypeId());
    if (!name.matches("[\\p{L}\\p{Nd}_.$]{1,300}")) {
      return "a tag stands in the data that names no class";
    }
    return switch (why) {
      case NOT_ALLOWED ->
          "class %s stands in the data and is not allowed: see allow(\"%s\")".formatted(name, name);
      case GONE -> "there is no class " + name;
      default -> "class " + name + " stands in the data: " + why;
    };
  }
}
