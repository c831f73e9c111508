package tlc2.overrides;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tla2sany.semantic.ExprOrOpArgNode;
import tla2sany.semantic.LetInNode;
import tla2sany.semantic.NumeralNode;
import tla2sany.semantic.OpApplNode;
import tla2sany.semantic.OpArgNode;
import tla2sany.semantic.OpDeclNode;
import tla2sany.semantic.OpDefNode;
import tla2sany.semantic.SemanticNode;
import tla2sany.semantic.StringNode;
import tla2sany.semantic.SymbolNode;
import tlc2.tool.BuiltInOPs;
import tlc2.tool.EvalControl;
import tlc2.tool.TLCState;
import tlc2.tool.ToolGlobals;
import tlc2.tool.coverage.CostModel;
import tlc2.tool.impl.Tool;
import tlc2.util.Context;
import tlc2.value.impl.LazyValue;
import tlc2.value.impl.Value;

/** What a formula is about: its operands, and the parts of the state that it looks at, with their values. */
final class Facts {
  /** Of one formula. */
  private static final int MOST = 12;
  /** Characters of a value. */
  private static final int LONGEST = 4000;

  private final Tool tool;
  private final TLCState state;

  Facts(final Tool tool, final TLCState state) {
    this.tool = tool;
    this.state = state;
  }

  List<Json> of(final SemanticNode node, final Context context) {
    final Map<String, String> found = new LinkedHashMap<>();
    if (node instanceof OpApplNode) {
      final OpApplNode apply = (OpApplNode) node;
      for (final ExprOrOpArgNode arg : apply.getArgs()) operand(arg, context, found);
      if (apply.getBdedQuantBounds() != null) {
        for (final ExprOrOpArgNode bound : apply.getBdedQuantBounds()) operand(bound, context, found);
      }
    }
    collect(node, context, found);
    final List<Json> list = new ArrayList<>();
    found.forEach((name, value) -> {
      if (list.size() < MOST) list.add(new Json().field("name", name).field("value", value));
    });
    return list;
  }

  /** The value of what a name stands for. */
  String valueOf(final Object bound) {
    if (bound instanceof LazyValue) {
      final LazyValue lazy = (LazyValue) bound;
      return evaluate(lazy.expr, lazy.con);
    }
    return bound instanceof Value ? cut(bound.toString()) : "";
  }

  private void operand(final SemanticNode node, final Context context, final Map<String, String> found) {
    if (node == null || node instanceof NumeralNode || node instanceof StringNode || node instanceof OpArgNode) return;
    final String path = path(node, context);
    final String name = path == null ? Source.textOf(node) : path;
    final String value = evaluate(node, context);
    if (!value.isEmpty() && !value.equals(name)) found.putIfAbsent(name, value);
  }

  /** Every part of the state that stands in the formula, also behind names that are bound outside of it. */
  private void collect(final SemanticNode node, final Context context, final Map<String, String> found) {
    if (node == null) return;
    final String path = path(node, context);
    if (path != null) {
      found.putIfAbsent(path, evaluate(node, context));
      return;
    }
    if (node instanceof LetInNode) {
      final LetInNode let = (LetInNode) node;
      collect(let.getBody(), Explainer.within(let, context), found);
      return;
    }
    if (!(node instanceof OpApplNode)) return;
    final OpApplNode apply = (OpApplNode) node;
    final Object bound = bound(apply.getOperator(), context);
    if (bound instanceof LazyValue) collect(((LazyValue) bound).expr, ((LazyValue) bound).con, found);
    for (final ExprOrOpArgNode arg : apply.getArgs()) collect(arg, context, found);
    if (apply.getBdedQuantBounds() == null) return;
    for (final ExprOrOpArgNode arg : apply.getBdedQuantBounds()) collect(arg, context, found);
  }

  /** `tsToApp[1][0]`: a part of a variable, its arguments evaluated; null: it is none. */
  private String path(final SemanticNode node, final Context context) {
    if (!(node instanceof OpApplNode)) return null;
    final OpApplNode apply = (OpApplNode) node;
    final SymbolNode symbol = apply.getOperator();
    final ExprOrOpArgNode[] args = apply.getArgs();
    if (symbol instanceof OpDeclNode) {
      return symbol.getKind() == ToolGlobals.VariableDeclKind ? symbol.getName().toString() : null;
    }
    final Object bound = bound(symbol, context);
    if (bound instanceof LazyValue) return path(((LazyValue) bound).expr, ((LazyValue) bound).con);
    switch (BuiltInOPs.getOpCode(symbol.getName())) {
      case ToolGlobals.OPCODE_fa: {
        final String function = path(args[0], context);
        final String argument = function == null ? "" : evaluate(args[1], context);
        return argument.isEmpty() ? null : function + "[" + argument + "]";
      }
      case ToolGlobals.OPCODE_rs: {
        final String record = path(args[0], context);
        return record == null ? null : record + "." + ((StringNode) args[1]).getRep();
      }
      default:
        return null;
    }
  }

  /** What a name is bound to where the formula stands: a parameter, a LET; null: nothing. */
  private Object bound(final SymbolNode symbol, final Context context) {
    final Object found = context.lookup(symbol);
    return found instanceof OpDefNode ? null : found;
  }

  /** Empty where it has no value, as an action has none. */
  private String evaluate(final SemanticNode node, final Context context) {
    try {
      return cut(tool.eval(node, context, state, TLCState.Empty, EvalControl.Clear, CostModel.DO_NOT_RECORD).toString());
    } catch (final RuntimeException e) {
      return "";
    }
  }

  private static String cut(final String value) {
    return value.length() <= LONGEST ? value : value.substring(0, LONGEST) + " …";
  }
}
