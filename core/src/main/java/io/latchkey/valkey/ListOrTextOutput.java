package io.latchkey.valkey;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.CommandOutput;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The answer of a script: a list of texts, or one text as a list of one. */
final class ListOrTextOutput extends CommandOutput<byte[], byte[], List<byte[]>> {
  ListOrTextOutput() {
    super(ByteArrayCodec.INSTANCE, new ArrayList<>(1));
  }

  @Override
  public void set(@Nullable ByteBuffer bytes) {
    if (bytes != null) {
      output.add(codec.decodeValue(bytes));
    }
  }
}
