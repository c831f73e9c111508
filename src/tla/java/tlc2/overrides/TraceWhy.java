package tlc2.overrides;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import tla2sany.semantic.ExprOrOpArgNode;
import tlc2.tool.TLCState;
import tlc2.tool.coverage.CostModel;
import tlc2.tool.impl.Tool;
import tlc2.util.Context;
import tlc2.value.IValue;
import tlc2.value.impl.BoolValue;
import tlc2.value.impl.IntValue;
import tlc2.value.impl.Value;
import util.ToolIO;
import util.UniqueString;

/** The operators of module TraceWhy. What they find is printed as lines of JSON, each after the word {@link #MARK}. */
public final class TraceWhy {
  static final String MARK = "PIKA-WHY ";
  private static final Value STOP = IntValue.gen(Integer.getInteger("pika.stop", 0));

  /** Records before that one whose states are printed. */
  private static final Set<Integer> SHOWN = Arrays.stream(System.getProperty("pika.shown", "").split(","))
      .filter(x -> !x.isEmpty())
      .map(Integer::valueOf)
      .collect(Collectors.toSet());
  /** By variable, what was printed last. */
  private static final Map<UniqueString, IValue> printed = new HashMap<>();

  private TraceWhy() {}

  /** Number of the record that is to be explained. */
  @TLAPlusOperator(identifier = "TraceStop", module = "TraceWhy", warn = false)
  public static Value traceStop(final Value ignored) {
    return STOP;
  }

  /** Prints the variables that changed since the state that was printed before. */
  @Evaluation(definition = "Show", module = "TraceWhy", warn = false)
  public static Value show(
      final Tool tool,
      final ExprOrOpArgNode[] args,
      final Context context,
      final TLCState state,
      final TLCState next,
      final int control,
      final CostModel cost) {
    final int record = ((IntValue) tool.eval(args[0], context, state, next, control, cost)).val;
    if (SHOWN.contains(record)) variables(state, record);
    return BoolValue.ValTrue;
  }

  private static void variables(final TLCState state, final int record) {
    print(new Json().field("kind", "state").field("record", record));
    state.getVals().forEach((name, value) -> {
      final IValue before = printed.put(name, value);
      if (before != null && before.equals(value)) return;
      print(new Json().field("kind", "variable").field("name", name.toString()).field("value", value.toString()));
    });
  }

  /** Prints the variables, then what of the step does not hold. */
  @Evaluation(definition = "Why", module = "TraceWhy", warn = false)
  public static Value why(
      final Tool tool,
      final ExprOrOpArgNode[] args,
      final Context context,
      final TLCState state,
      final TLCState next,
      final int control,
      final CostModel cost) {
    variables(state, ((IntValue) STOP).val);
    new Explainer(tool, state, TraceWhy::print).explain(args[0], context);
    return BoolValue.ValFalse;
  }

  private static void print(final Json line) {
    ToolIO.out.println(MARK + line);
  }
}
