package tlc2.overrides;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import tlc2.value.impl.BoolValue;
import tlc2.value.impl.IntValue;
import tlc2.value.impl.IntervalValue;
import tlc2.value.impl.RecordValue;
import tlc2.value.impl.SetEnumValue;
import tlc2.value.impl.StringValue;
import tlc2.value.impl.Value;
import util.UniqueString;

/**
 * The operators of module Trace that read a recording. System properties say which part of it: pika.trace, its
 * records as src/model/validate/lane.ts lays them out; pika.first and pika.last, the part of them to be checked;
 * pika.snapshots, states as src/tla/binary.ts lays values out, and pika.start, the number of the one to start from.
 */
public final class TraceReader {
  /** Bytes that are held of the recording at a time. */
  private static final int WINDOW = 1 << 20;

  /** TLC asks for them at every step. */
  private static final Value CONNECTIONS = ids("connections");
  private static final Value APPLICATIONS = ids("applications");
  private static final Value FIRST = IntValue.gen(Integer.getInteger("pika.first", 1));
  private static final Value LAST = IntValue.gen(Integer.getInteger("pika.last", 0));
  private static final Value START = IntValue.gen(Integer.getInteger("pika.start", -1));

  private static FileChannel trace;
  private static FileChannel snapshots;
  private static ByteBuffer window;
  /** First and end of the records in the window. */
  private static int from;
  private static int to;
  private static int position = -1;
  private static Value event;

  private TraceReader() {}

  private static FileChannel open(final String name) {
    final String file = System.getProperty("pika." + name);
    if (file == null) throw new IllegalStateException("the system property pika." + name + " names no file");
    try {
      return FileChannel.open(Path.of(file), StandardOpenOption.READ);
    } catch (final IOException e) {
      throw new IllegalStateException("cannot open " + file + ": " + e, e);
    }
  }

  private static ByteBuffer read(final FileChannel file, final long at, final int most) {
    final ByteBuffer bytes = ByteBuffer.allocate(most).order(ByteOrder.LITTLE_ENDIAN);
    try {
      while (bytes.hasRemaining() && file.read(bytes, at + bytes.position()) >= 0) {}
    } catch (final IOException e) {
      throw new IllegalStateException("cannot read the recording: " + e, e);
    }
    bytes.flip();
    return bytes;
  }

  /** Number of the first record to be checked. (An override must take an argument.) */
  @TLAPlusOperator(identifier = "TraceFirst", module = "Trace", warn = false)
  public static Value traceFirst(final Value ignored) {
    return FIRST;
  }

  /** Number of the last one. */
  @TLAPlusOperator(identifier = "TraceLast", module = "Trace", warn = false)
  public static Value traceLast(final Value ignored) {
    return LAST;
  }

  /** The number of the state to start from; -1: Init. */
  @TLAPlusOperator(identifier = "TraceStart", module = "Trace", warn = false)
  public static Value traceStart(final Value ignored) {
    return START;
  }

  /** The ids in the system property pika.NAME: numbers and intervals, "0-67,2048". */
  private static Value ids(final String name) {
    final String[] parts = System.getProperty("pika." + name, "").split(",");
    final int[] ids = Arrays.stream(parts).filter(x -> !x.isEmpty()).flatMapToInt(TraceReader::interval).toArray();
    if (ids.length > 0 && ids[ids.length - 1] - ids[0] == ids.length - 1) {
      return new IntervalValue(ids[0], ids[ids.length - 1]);
    }
    final Value set = new SetEnumValue(Arrays.stream(ids).mapToObj(IntValue::gen).toArray(Value[]::new), false);
    set.deepNormalize();
    return set;
  }

  private static java.util.stream.IntStream interval(final String part) {
    final String[] ends = part.split("-");
    return java.util.stream.IntStream.rangeClosed(
        Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]));
  }

  @TLAPlusOperator(identifier = "TraceConnections", module = "Trace", warn = false)
  public static Value traceConnections(final Value ignored) {
    return CONNECTIONS;
  }

  @TLAPlusOperator(identifier = "TraceApplications", module = "Trace", warn = false)
  public static Value traceApplications(final Value ignored) {
    return APPLICATIONS;
  }

  /** State number k: a record with a field for each variable. */
  @TLAPlusOperator(identifier = "TraceSnapshot", module = "Trace", warn = false)
  public static synchronized Value traceSnapshot(final Value k) {
    if (snapshots == null) snapshots = open("snapshots");
    // An index of 64-bit offsets, one more than there are states, precedes them.
    final ByteBuffer index = read(snapshots, 8L * ((IntValue) k).val, 16);
    final long at = index.getLong();
    return new ValueReader(read(snapshots, at, (int) (index.getLong() - at))).read();
  }

  /** Record number k, from 1. */
  @TLAPlusOperator(identifier = "TraceEvent", module = "Trace", warn = false)
  public static synchronized Value traceEvent(final Value k) {
    final int at = ((IntValue) k).val;
    if (at == position) return event;
    final int record = at - 1;
    if (window == null || record < from || record >= to) {
      if (trace == null) trace = open("trace");
      window = read(trace, (long) record * TraceRecord.BYTES, WINDOW / TraceRecord.BYTES * TraceRecord.BYTES);
      from = record;
      to = record + window.limit() / TraceRecord.BYTES;
      if (to == from) throw new IllegalStateException("the recording has no record " + record);
    }
    event = TraceRecord.read(window, (record - from) * TraceRecord.BYTES);
    position = at;
    return event;
  }

  /** A record of the recording as a value: a field that an event does not have is -2, so all have the same shape. */
  private static final class TraceRecord {
    private static final String[] NUMBERS = {
      "i", "at", "p", "a", "c", "n", "g", "back", "t", "from", "to", "ca", "cg", "x"
    };
    private static final String[] FLAGS = {"fresh", "listener"};
    private static final String[] TEXTS = {"e", "role", "o"};
    private static final int WORDS = NUMBERS.length + FLAGS.length + TEXTS.length;
    static final int BYTES = 4 * WORDS;

    /** Words that stand for texts. */
    private static final Value[] WORDS_OF_TEXT =
        Arrays.stream(System.getProperty("pika.texts", "").split(",")).map(StringValue::new).toArray(Value[]::new);
    /** In TLC's order, and where the value of each comes from. */
    private static final UniqueString[] NAMES;
    private static final int[] SOURCE;

    static {
      final String[] all = new String[WORDS];
      int k = 0;
      for (final String[] names : new String[][] {NUMBERS, FLAGS, TEXTS}) for (final String name : names) all[k++] = name;
      final UniqueString[] names = Arrays.stream(all).map(UniqueString::uniqueStringOf).toArray(UniqueString[]::new);
      final Integer[] order = new Integer[all.length];
      Arrays.setAll(order, x -> x);
      Arrays.sort(order, (x, y) -> names[x].compareTo(names[y]));
      NAMES = Arrays.stream(order).map(x -> names[x]).toArray(UniqueString[]::new);
      SOURCE = Arrays.stream(order).mapToInt(x -> x).toArray();
    }

    static Value read(final ByteBuffer bytes, final int offset) {
      final Value[] values = new Value[NAMES.length];
      for (int k = 0; k < values.length; k++) {
        final int source = SOURCE[k];
        final int word = bytes.getInt(offset + 4 * source);
        if (source < NUMBERS.length) values[k] = IntValue.gen(word);
        else if (source < NUMBERS.length + FLAGS.length) values[k] = word == 1 ? BoolValue.ValTrue : BoolValue.ValFalse;
        else values[k] = WORDS_OF_TEXT[word];
      }
      return new RecordValue(NAMES, values, true);
    }
  }
}
