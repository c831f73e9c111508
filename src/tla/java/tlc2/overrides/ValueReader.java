package tlc2.overrides;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import tlc2.value.impl.BoolValue;
import tlc2.value.impl.FcnRcdValue;
import tlc2.value.impl.IntValue;
import tlc2.value.impl.RecordValue;
import tlc2.value.impl.SetEnumValue;
import tlc2.value.impl.StringValue;
import tlc2.value.impl.TupleValue;
import tlc2.value.impl.Value;
import util.UniqueString;

/** TLA+ values from the bytes that src/tla/binary.ts describes. What it returns is normalized. */
final class ValueReader {
  private final ByteBuffer bytes;

  /** @param bytes little-endian, positioned at a value */
  ValueReader(final ByteBuffer bytes) {
    this.bytes = bytes;
  }

  Value read() {
    final Value value = plain();
    value.deepNormalize();
    return value;
  }

  private Value plain() {
    final int tag = bytes.get();
    switch (tag) {
      case 0:
        return BoolValue.ValFalse;
      case 1:
        return BoolValue.ValTrue;
      case 2:
        return IntValue.gen(bytes.getInt());
      case 3:
        return new StringValue(text());
      case 4:
        return new TupleValue(items());
      case 5:
        return new SetEnumValue(items(), false);
      case 6:
        return record();
      case 7:
        return function();
      default:
        throw new IllegalStateException("no value has tag " + tag + ": the snapshots are damaged");
    }
  }

  private String text() {
    final byte[] text = new byte[bytes.getShort() & 0xffff];
    bytes.get(text);
    return new String(text, StandardCharsets.UTF_8);
  }

  private Value[] items() {
    final Value[] items = new Value[bytes.getInt()];
    for (int k = 0; k < items.length; k++) items[k] = plain();
    return items;
  }

  private Value record() {
    final int count = bytes.getInt();
    final UniqueString[] names = new UniqueString[count];
    final Value[] values = new Value[count];
    for (int k = 0; k < count; k++) {
      names[k] = UniqueString.uniqueStringOf(text());
      values[k] = plain();
    }
    return new RecordValue(names, values, false);
  }

  /** (Over an interval TLC could not print it.) */
  private Value function() {
    final int count = bytes.getInt();
    final Value[] arguments = new Value[count];
    final Value[] values = new Value[count];
    for (int k = 0; k < count; k++) {
      arguments[k] = plain();
      values[k] = plain();
    }
    return new FcnRcdValue(arguments, values, false);
  }
}
