package tlc2.overrides;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import tla2sany.semantic.ASTConstants;
import tla2sany.semantic.ExprNode;
import tla2sany.semantic.ExprOrOpArgNode;
import tla2sany.semantic.FormalParamNode;
import tla2sany.semantic.LabelNode;
import tla2sany.semantic.LetInNode;
import tla2sany.semantic.LevelNode;
import tla2sany.semantic.OpApplNode;
import tla2sany.semantic.OpDefNode;
import tla2sany.semantic.SemanticNode;
import tlc2.tool.BuiltInOPs;
import tlc2.tool.EvalControl;
import tlc2.tool.TLCState;
import tlc2.tool.TLCStateFun;
import tlc2.tool.ToolGlobals;
import tlc2.tool.coverage.CostModel;
import tlc2.tool.impl.Tool;
import tlc2.util.Context;
import tlc2.value.impl.BoolValue;
import tlc2.value.impl.LazyValue;
import tlc2.value.impl.Value;

/**
 * Why a formula does not hold in a state: every conjunct is judged on its own, and what does not hold is followed through
 * definitions, IF, CASE and LET, down to formulas that can't be taken apart. Knows nothing of any specification.
 */
final class Explainer {
  /** Definitions within definitions. */
  private static final int MOST_FRAMES = 40;
  /** Formulas that are reported. */
  private static final int MOST_FINDINGS = 20;

  private final Tool tool;
  private final TLCState state;
  private final Consumer<Json> say;
  private final Facts facts;
  /** The definitions on the way, outermost first. */
  private final Deque<Json> frames = new ArrayDeque<>();
  private int findings;

  Explainer(final Tool tool, final TLCState state, final Consumer<Json> say) {
    this.tool = tool;
    this.state = state;
    this.say = say;
    this.facts = new Facts(tool, state);
  }

  /** Whether the formula holds; if it doesn't, says why. */
  boolean explain(final SemanticNode node, final Context context) {
    final String trouble;
    try {
      if (holds(node, context)) return true;
      trouble = "";
    } catch (final RuntimeException e) {
      return found(node, context, String.valueOf(e.getMessage()));
    }
    if (frames.size() >= MOST_FRAMES || !descend(node, context)) found(node, context, trouble);
    return false;
  }

  /** A state predicate is true, an action possible. */
  private boolean holds(final SemanticNode node, final Context context) {
    if (level(node, context) >= 2) {
      return tool.enabled(node, Context.branch(context), state, TLCStateFun.Empty) != null;
    }
    final Value value = tool.eval(node, context, state, TLCState.Empty, EvalControl.Clear, CostModel.DO_NOT_RECORD);
    return value instanceof BoolValue && ((BoolValue) value).val;
  }

  private int level(final SemanticNode node, final Context context) {
    final int own = node instanceof LevelNode ? ((LevelNode) node).getLevel() : 0;
    return Math.max(own, tool.getLevelBound(node, context, 0));
  }

  /** Explains the parts of a formula that doesn't hold; false: it has none. */
  private boolean descend(final SemanticNode node, final Context context) {
    if (node instanceof LabelNode) return !explain(((LabelNode) node).getBody(), context);
    if (node instanceof LetInNode) {
      final LetInNode let = (LetInNode) node;
      return !explain(let.getBody(), within(let, context));
    }
    if (!(node instanceof OpApplNode)) return false;
    final OpApplNode apply = (OpApplNode) node;
    final ExprOrOpArgNode[] args = apply.getArgs();
    final int code = BuiltInOPs.getOpCode(apply.getOperator().getName());
    switch (code) {
      case ToolGlobals.OPCODE_cl:
      case ToolGlobals.OPCODE_land:
        return all(args, context);
      case ToolGlobals.OPCODE_ite:
        final boolean then = holds(args[0], context);
        return !explain(args[then ? 1 : 2], context);
      case ToolGlobals.OPCODE_case:
        return arm(args, context);
      case ToolGlobals.OPCODE_implies:
        return !explain(args[1], context);
      case ToolGlobals.OPCODE_bf:
        return instance(apply, context);
      case 0:
        return definition(apply, context);
      default:
        return false;
    }
  }

  private boolean all(final ExprOrOpArgNode[] args, final Context context) {
    boolean some = false;
    for (final ExprOrOpArgNode arg : args) some |= !explain(arg, context);
    return some;
  }

  private boolean arm(final ExprOrOpArgNode[] arms, final Context context) {
    for (final ExprOrOpArgNode one : arms) {
      final ExprOrOpArgNode[] pair = ((OpApplNode) one).getArgs();
      // OTHER has no condition.
      if (pair[0] == null || holds(pair[0], context)) return !explain(pair[1], context);
    }
    return false;
  }

  /** Of a formula that is to hold for all: the first for which it doesn't. */
  private boolean instance(final OpApplNode apply, final Context context) {
    final var all = tool.contexts(apply, context, state, TLCState.Empty, EvalControl.Clear, CostModel.DO_NOT_RECORD);
    final SemanticNode body = apply.getArgs()[0];
    for (Context one = all.nextElement(); one != null; one = all.nextElement()) {
      if (!holds(body, one)) return !explain(body, one);
    }
    return false;
  }

  private boolean definition(final OpApplNode apply, final Context context) {
    final Object found = tool.lookup(apply.getOperator(), context, false);
    if (found instanceof LazyValue) return !explain(((LazyValue) found).expr, ((LazyValue) found).con);
    if (!(found instanceof OpDefNode)) return false;
    final OpDefNode definition = (OpDefNode) found;
    final ExprNode body = definition.getBody();
    if (body == null) return false;
    final Context inside = tool.getOpContext(definition, apply.getArgs(), context, true);
    frames.addLast(frame(definition, inside));
    final boolean some = !explain(body, inside);
    frames.removeLast();
    return some;
  }

  static Context within(final LetInNode let, final Context context) {
    Context inside = context;
    for (final OpDefNode definition : let.getLets()) {
      if (definition.getArity() == 0) {
        inside = inside.cons(definition, new LazyValue(definition.getBody(), inside, CostModel.DO_NOT_RECORD));
      }
    }
    return inside;
  }

  private Json frame(final OpDefNode definition, final Context inside) {
    final List<Json> parameters = new ArrayList<>();
    for (final FormalParamNode parameter : definition.getParams()) {
      final String value = facts.valueOf(inside.lookup(parameter));
      parameters.add(new Json().field("name", parameter.getName().toString()).field("value", value));
    }
    return Source.place(new Json().field("name", definition.getName().toString()), definition)
        .field("says", Source.commentOf(definition))
        .field("parameters", parameters);
  }

  private boolean found(final SemanticNode node, final Context context, final String trouble) {
    if (findings++ >= MOST_FINDINGS) return false;
    say.accept(Source.place(new Json().field("kind", "blocked"), node)
        .field("text", Source.textOf(node))
        .field("trouble", trouble)
        .field("frames", new ArrayList<>(frames))
        .field("facts", facts.of(node, context)));
    return false;
  }

  static boolean isOperator(final SemanticNode node) {
    return node.getKind() == ASTConstants.OpApplKind;
  }
}
