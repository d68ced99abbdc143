package io.latchkey.codec;

import java.nio.charset.StandardCharsets;

/**
 * Finds the names that tags are made of in what was encoded. Where there are more of them than were
 * written on purpose, some are the value's own: the key of a map, a name in a tree, or just a text.
 * Nothing is wrong then, but the value has to be written so that they cannot be taken for tags.
 */
final class Escapes {
  private static final String[] NAMES = {
    '"' + Tags.TYPE + '"', '"' + Tags.VALUE + '"', '"' + Tags.ENTRIES + '"'
  };

  /** How only a writer other than ours escapes what it might hide: an at sign, or a letter. */
  private static final String HIDDEN = "\\u00";

  private Escapes() {}

  static int count(byte[] json) {
    // Its indexOf is an intrinsic: 400 bytes take some 20 ns, a loop over the bytes ten times that.
    return count(new String(json, StandardCharsets.ISO_8859_1));
  }

  static int count(String json) {
    int count = 0;
    if (json.indexOf("\"@") >= 0) {
      for (String name : NAMES) {
        for (int i = json.indexOf(name); i >= 0; i = json.indexOf(name, i + 1)) {
          count++;
        }
      }
    }
    for (int i = json.indexOf(HIDDEN); i >= 0; i = json.indexOf(HIDDEN, i + 1)) {
      char page = i + HIDDEN.length() < json.length() ? json.charAt(i + HIDDEN.length()) : ' ';
      if (page == '4' || page == '6' || page == '7') {
        count++;
      }
    }
    return count;
  }
}
