package tlc2.overrides;

import tla2sany.semantic.ExprOrOpArgNode;
import tlc2.tool.TLCState;
import tlc2.tool.coverage.CostModel;
import tlc2.tool.impl.Tool;
import tlc2.util.Context;
import tlc2.value.impl.BoolValue;
import tlc2.value.impl.IntValue;
import tlc2.value.impl.Value;
import util.ToolIO;

/** The operators of module TraceWhy. What they find is printed as lines of JSON, each after the word {@link #MARK}. */
public final class TraceWhy {
  static final String MARK = "PIKA-WHY ";
  private static final Value STOP = IntValue.gen(Integer.getInteger("pika.stop", 0));

  private TraceWhy() {}

  /** Number of the record that is to be explained. */
  @TLAPlusOperator(identifier = "TraceStop", module = "TraceWhy", warn = false)
  public static Value traceStop(final Value ignored) {
    return STOP;
  }

  /** Prints every variable, then what of the step does not hold. */
  @Evaluation(definition = "Why", module = "TraceWhy", warn = false)
  public static Value why(
      final Tool tool,
      final ExprOrOpArgNode[] args,
      final Context context,
      final TLCState state,
      final TLCState next,
      final int control,
      final CostModel cost) {
    state.getVals().forEach((name, value) -> print(
        new Json().field("kind", "variable").field("name", name.toString()).field("value", value.toString())));
    new Explainer(tool, state, TraceWhy::print).explain(args[0], context);
    return BoolValue.ValFalse;
  }

  private static void print(final Json line) {
    ToolIO.out.println(MARK + line);
  }
}
