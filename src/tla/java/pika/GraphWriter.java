package pika;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.CheckedOutputStream;
import tla2sany.semantic.FormalParamNode;
import tla2sany.semantic.OpDeclNode;
import tlc2.tool.Action;
import tlc2.tool.TLCState;
import tlc2.util.FP64;
import tlc2.value.IValue;
import util.UniqueString;

/**
 * States and steps as a file, with the parameters of the actions, which TLC's own dumps lack.
 *
 * Records, big-endian, each led by one byte: 'N' length (u32), text: the next variable's name. 'V' variable (u8), length
 * (u32), text: the variable's next distinct value. 'L' length (u32), text: the next distinct label. 'I' or 'S', a value's
 * number (u32) for each variable: the next state, initial or found. 'E' source, target, label (u32 each). 'B': a behaviour
 * begins, the edges that follow are its steps. 'Z' states, edges (u32, u64), CRC-32 of
 * all before it (u32): the end. Numbers count from 0.
 */
final class GraphWriter {
  private final CRC32 sum = new CRC32();
  private final DataOutputStream out;
  private final Map<Long, Integer> states = new HashMap<>();
  private final Map<String, Integer> labels = new HashMap<>();
  private final Map<Action, Integer> labelOf = new HashMap<>();
  private final long limit = Long.getLong("pika.graph.states", Long.MAX_VALUE);
  private UniqueString[] names;
  private Map<Long, Integer>[] values;
  private long edges;

  GraphWriter(final String file) throws IOException {
    out = new DataOutputStream(new BufferedOutputStream(new CheckedOutputStream(new FileOutputStream(file), sum), 1 << 20));
  }

  /** The number of a state, which is written when it is new. */
  int state(final TLCState state, final boolean initial) throws IOException {
    final Integer known = states.get(state.fingerPrint());
    return known == null ? write(state, initial ? 'I' : 'S') : known;
  }

  void edge(final int source, final int target, final Action action) throws IOException {
    final int label = label(action);
    out.writeByte('E');
    out.writeInt(source);
    out.writeInt(target);
    out.writeInt(label);
    edges++;
  }

  int states() {
    return states.size();
  }

  long edges() {
    return edges;
  }

  void behaviour() throws IOException {
    out.writeByte('B');
  }

  void end() throws IOException {
    out.writeByte('Z');
    out.writeInt(states.size());
    out.writeLong(edges);
    out.flush();
    out.writeInt((int) sum.getValue());
    out.close();
  }

  @SuppressWarnings("unchecked")
  private int write(final TLCState state, final char kind) throws IOException {
    if (names == null) {
      final OpDeclNode[] variables = state.getVars();
      names = new UniqueString[variables.length];
      values = new Map[variables.length];
      for (int k = 0; k < variables.length; k++) {
        names[k] = variables[k].getName();
        values[k] = new HashMap<>();
        text('N', names[k].toString());
      }
    }
    final int[] numbers = new int[names.length];
    for (int k = 0; k < names.length; k++) {
      final IValue value = state.lookup(names[k]);
      final long print = value.fingerPrint(FP64.New());
      Integer number = values[k].get(print);
      if (number == null) {
        number = values[k].size();
        values[k].put(print, number);
        out.writeByte('V');
        out.writeByte(k);
        bytes(value.toString());
      }
      numbers[k] = number;
    }
    final int index = states.size();
    if (index >= limit) throw new IllegalStateException("the state graph has more than " + limit + " states");
    states.put(state.fingerPrint(), index);
    out.writeByte(kind);
    for (final int number : numbers) out.writeInt(number);
    return index;
  }

  /** The action's name with the values of its parameters: Claim(0), Syn(0, 1, -1). */
  private int label(final Action action) throws IOException {
    final Integer known = labelOf.get(action);
    if (known != null) return known;
    final StringBuilder label = new StringBuilder(action.getName().toString());
    if (action.getOpDef() != null) {
      String separator = "(";
      for (final FormalParamNode parameter : action.getOpDef().getParams()) {
        label.append(separator).append(action.con.lookup(parameter));
        separator = ", ";
      }
      if (!separator.equals("(")) label.append(")");
    }
    Integer number = labels.get(label.toString());
    if (number == null) {
      number = labels.size();
      labels.put(label.toString(), number);
      text('L', label.toString());
    }
    labelOf.put(action, number);
    return number;
  }

  private void text(final char kind, final String text) throws IOException {
    out.writeByte(kind);
    bytes(text);
  }

  private void bytes(final String text) throws IOException {
    final byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(encoded.length);
    out.write(encoded);
  }
}
