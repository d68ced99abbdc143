package io.latchkey;

/**
 * Writes and reads the values of classes that cannot be written as Latchkey writes others, such as
 * those of a library which brings its own rules. What it writes is stored beside the class's name,
 * as the value of {@code "@value"}.
 *
 * <p>Must be safe for use by several threads, must not block, and must load no class whose name
 * stands in the data before it has asked whether that class is allowed.
 */
public interface AttributeFormat {

  /**
   * Writes a value.
   *
   * @param value the value, whose class is one of those that this format was set for
   * @return one JSON value in UTF-8
   * @throws Exception if it cannot be written; its message, which may tell the value, is not passed
   *     on
   */
  byte[] write(Object value) throws Exception;

  /**
   * Reads a value.
   *
   * @param json what {@link #write} wrote
   * @return the value
   * @throws ClassNotFoundException if there is no such class as the data names, or it is not
   *     allowed; the message is nothing but its name
   * @throws Exception if it cannot be read; its message, which may tell the value, is not passed on
   */
  Object read(byte[] json) throws Exception;
}
