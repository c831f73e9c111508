package tlc2.overrides;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import tlc2.value.impl.BoolValue;
import tlc2.value.impl.IntValue;
import tlc2.value.impl.RecordValue;
import tlc2.value.impl.StringValue;
import tlc2.value.impl.Value;
import util.UniqueString;

/**
 * The operators of module Trace that read a recording, named by the system property pika.trace: NDJSON of flat
 * objects. Numbers that say nothing to the specification (times, draws, hashes) are left out; a field that an event
 * does not have is NoField, so that every event is a record of the same shape.
 */
public final class TraceReader {
  private static final int NO_FIELD = -2;
  private static final String[] NUMBERS = {
    "a", "c", "n", "g", "back", "t", "from", "to", "ca", "cg", "i", "events"
  };
  private static final String[] FLAGS = {"fresh", "listener"};
  private static final UniqueString[] NAMES = names();

  private static List<String> lines;
  private static int position = -1;
  private static Value event;

  private TraceReader() {}

  private static UniqueString[] names() {
    final UniqueString[] names = new UniqueString[NUMBERS.length + FLAGS.length + 4];
    int k = 0;
    for (final String name : NUMBERS) names[k++] = UniqueString.uniqueStringOf(name);
    for (final String name : FLAGS) names[k++] = UniqueString.uniqueStringOf(name);
    names[k++] = UniqueString.uniqueStringOf("role");
    names[k++] = UniqueString.uniqueStringOf("p");
    names[k++] = UniqueString.uniqueStringOf("e");
    names[k] = UniqueString.uniqueStringOf("o");
    return names;
  }

  private static synchronized List<String> lines() {
    if (lines == null) {
      final String file = System.getProperty("pika.trace");
      if (file == null) throw new IllegalStateException("the system property pika.trace names no recording");
      try {
        lines = Files.readAllLines(Path.of(file), StandardCharsets.UTF_8);
      } catch (final IOException e) {
        throw new IllegalStateException("cannot read the recording " + file + ": " + e, e);
      }
    }
    return lines;
  }

  /** How many records follow the header, the end included. (An override must take an argument.) */
  @TLAPlusOperator(identifier = "TraceLength", module = "Trace", warn = false)
  public static Value traceLength(final Value ignored) {
    return IntValue.gen(lines().size() - 1);
  }

  /** The record at position k, 1 being the first after the header. */
  @TLAPlusOperator(identifier = "TraceEvent", module = "Trace", warn = false)
  public static synchronized Value traceEvent(final Value k) {
    final int at = ((IntValue) k).val;
    if (at == position) return event;
    event = parse(lines().get(at));
    position = at;
    return event;
  }

  private static Value parse(final String line) {
    final Value[] values = new Value[NAMES.length];
    int k = 0;
    for (final String name : NUMBERS) values[k++] = IntValue.gen(number(line, name));
    for (final String name : FLAGS) values[k++] = line.contains("\"" + name + "\":true") ? BoolValue.ValTrue : BoolValue.ValFalse;
    final String process = string(line, "p");
    int digits = process.length();
    while (digits > 0 && Character.isDigit(process.charAt(digits - 1))) digits--;
    values[k++] = new StringValue(process.substring(0, digits));
    values[k++] = IntValue.gen(digits == process.length() ? NO_FIELD : Integer.parseInt(process.substring(digits)));
    values[k++] = new StringValue(string(line, "e"));
    values[k] = new StringValue(string(line, "o"));
    final Value record = new RecordValue(NAMES.clone(), values, false);
    record.deepNormalize();
    return record;
  }

  private static int start(final String line, final String name) {
    final String key = "\"" + name + "\":";
    final int at = line.indexOf(key);
    return at < 0 ? -1 : at + key.length();
  }

  private static int number(final String line, final String name) {
    final int from = start(line, name);
    if (from < 0) return NO_FIELD;
    int to = from;
    while (to < line.length() && "-0123456789".indexOf(line.charAt(to)) >= 0) to++;
    return Integer.parseInt(line.substring(from, to));
  }

  private static String string(final String line, final String name) {
    final int from = start(line, name);
    if (from < 0) return "";
    return line.substring(from + 1, line.indexOf('"', from + 1));
  }
}
