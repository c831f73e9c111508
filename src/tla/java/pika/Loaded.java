package pika;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import tla2sany.semantic.ExprOrOpArgNode;
import tla2sany.semantic.FormalParamNode;
import tla2sany.semantic.LetInNode;
import tla2sany.semantic.OpApplNode;
import tla2sany.semantic.OpArgNode;
import tla2sany.semantic.OpDefNode;
import tla2sany.semantic.SemanticNode;
import tla2sany.semantic.Subst;
import tla2sany.semantic.SubstInNode;
import tlc2.tool.Action;
import tlc2.tool.StateVec;
import tlc2.tool.TLCState;
import tlc2.tool.impl.FastTool;
import util.InternTable;
import util.UniqueString;

/**
 * A model as TLC itself has read it, one at a time in a JVM: TLC keeps the places of variables and definitions in the
 * interned strings of their names, so whatever was loaded before is of no use any more, save for its states' values.
 */
final class Loaded {
  /** What TLC would end with an error for. */
  static final class Broken extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Broken(final String message) {
      super(message, null, false, false);
    }
  }

  final FastTool tool;
  /** By label, the action's name with the values of its parameters: TLC may make several actions of one. */
  final Map<String, List<Action>> actions = new LinkedHashMap<>();

  private Loaded(final FastTool tool) {
    this.tool = tool;
    if (tool.hasStateOrActionConstraints()) throw new Broken("constraints are not judged: limit the model's actions instead");
    for (final Action action : tool.getActions()) {
      actions.computeIfAbsent(label(action), missing -> new ArrayList<>()).add(action);
    }
  }

  /** @throws Broken with TLC's reason */
  static Loaded of(final String root, final String config, final String... directories) {
    try {
      forgetPlaces();
      // TLC appends the suffix itself.
      return new Loaded(new FastTool("", root, config.replaceFirst("\\.cfg$", ""), new Modules(directories)));
    } catch (final Throwable trouble) {
      throw broken(trouble);
    }
  }

  static Broken broken(final Throwable trouble) {
    if (trouble instanceof Broken) return (Broken) trouble;
    if (trouble instanceof OutOfMemoryError) throw (OutOfMemoryError) trouble;
    final String message = trouble.getMessage();
    return new Broken(trouble.getClass().getSimpleName() + (message == null ? "" : ": " + message.replaceAll("\\s+", " ").trim()));
  }

  private static void forgetPlaces() throws ReflectiveOperationException {
    final Field field = InternTable.class.getDeclaredField("table");
    field.setAccessible(true);
    for (final UniqueString name : (UniqueString[]) field.get(UniqueString.internTbl)) if (name != null) name.setLoc(-1);
  }

  private static String label(final Action action) {
    final StringBuilder label = new StringBuilder(action.getName().toString());
    if (action.getOpDef() == null) return label.toString();
    String separator = "(";
    for (final FormalParamNode parameter : action.getOpDef().getParams()) {
      label.append(separator).append(action.con.lookup(parameter));
      separator = ", ";
    }
    return separator.equals("(") ? label.toString() : label.append(')').toString();
  }

  /** The definitions that the specification, and another that this one implements, consist of, with their modules. */
  Set<String> used() {
    final Map<SemanticNode, Boolean> known = new IdentityHashMap<>();
    uses(specification(), "", known);
    for (final Action action : tool.getImpliedActions()) uses(action.pred, "", known);
    for (final Action action : tool.getImpliedInits()) uses(action.pred, "", known);
    final Set<String> found = new TreeSet<>();
    for (final SemanticNode node : known.keySet()) {
      if (!(node instanceof OpDefNode) || ((OpDefNode) node).getOriginallyDefinedInModuleNode() == null) continue;
      final OpDefNode definition = ((OpDefNode) node);
      found.add(definition.getOriginallyDefinedInModuleNode().getName() + "." + definition.getName());
    }
    return found;
  }

  private OpDefNode specification() {
    return tool.getSpecProcessor().getRootModule().getOpDef(UniqueString.uniqueStringOf(tool.getModelConfig().getSpec()));
  }

  /** The labels whose actions use a definition of this name, directly or not; all, where it may make others of them. */
  Set<String> using(final String definition) {
    final Map<SemanticNode, Boolean> known = new IdentityHashMap<>();
    if (replaces() || splits(tool.getNextStateSpec().pred, definition, known)) return new HashSet<>(actions.keySet());
    final Set<String> found = new HashSet<>();
    actions.forEach((label, list) -> {
      for (final Action action : list) if (uses(action, definition, known)) found.add(label);
    });
    return found;
  }

  /** The configuration replaces definitions, which a syntax tree does not show. */
  private boolean replaces() {
    return !tool.getModelConfig().getOverrides().isEmpty() || !tool.getModelConfig().getModOverrides().isEmpty();
  }

  /** Whether it is used where TLC takes Next apart into actions: by then it is gone from them. */
  private static boolean splits(final SemanticNode node, final String definition, final Map<SemanticNode, Boolean> known) {
    if (node instanceof LetInNode) {
      boolean found = splits(((LetInNode) node).getBody(), definition, known);
      for (final OpDefNode let : ((LetInNode) node).getLets()) found |= uses(let, definition, known);
      return found;
    }
    if (!(node instanceof OpApplNode)) return false;
    final OpApplNode x = (OpApplNode) node;
    final String operator = x.getOperator().getName().toString();
    boolean found = false;
    switch (operator) {
      case "\\lor":
      case "$DisjList":
        for (final ExprOrOpArgNode argument : x.getArgs()) found |= splits(argument, definition, known);
        return found;
      case "$BoundedExists":
        for (final SemanticNode bound : x.getBdedQuantBounds()) found |= uses(bound, definition, known);
        return found | splits(x.getArgs()[0], definition, known);
      default:
        if (!(x.getOperator() instanceof OpDefNode) || ((OpDefNode) x.getOperator()).getBody() == null) return false;
        for (final ExprOrOpArgNode argument : x.getArgs()) found |= uses(argument, definition, known);
        final SemanticNode body = ((OpDefNode) x.getOperator()).getBody();
        return found | (operator.equals(definition) && isTakenApart(body)) | splits(body, definition, known);
    }
  }

  private static boolean isTakenApart(final SemanticNode node) {
    if (!(node instanceof OpApplNode)) return node instanceof LetInNode;
    final OpApplNode x = (OpApplNode) node;
    final String operator = x.getOperator().getName().toString();
    return operator.equals("\\lor") || operator.equals("$DisjList") || operator.equals("$BoundedExists")
      || (x.getOperator() instanceof OpDefNode && ((OpDefNode) x.getOperator()).getBody() != null);
  }

  /** `name`: of the property that it is; TLC has only its body. */
  boolean uses(final Action action, final String name, final String definition) {
    return replaces() || name.equals(definition) || uses(action, definition, new IdentityHashMap<>());
  }

  private static boolean uses(final Action action, final String definition, final Map<SemanticNode, Boolean> known) {
    final OpDefNode own = action.getOpDef();
    return (own != null && own.getName().toString().equals(definition)) || uses(action.pred, definition, known);
  }

  private static boolean uses(final SemanticNode node, final String definition, final Map<SemanticNode, Boolean> known) {
    if (node == null) return false;
    final Boolean before = known.putIfAbsent(node, false);
    if (before != null) return before;
    boolean found = false;
    if (node instanceof OpApplNode) {
      final OpApplNode x = (OpApplNode) node;
      found = uses(x.getOperator(), definition, known);
      for (final ExprOrOpArgNode argument : x.getArgs()) found |= uses(argument, definition, known);
      if (x.getBdedQuantBounds() != null) {
        for (final SemanticNode bound : x.getBdedQuantBounds()) found |= uses(bound, definition, known);
      }
    } else if (node instanceof OpDefNode) {
      final OpDefNode x = (OpDefNode) node;
      found = x.getName().toString().equals(definition) || uses(x.getBody(), definition, known);
    } else if (node instanceof LetInNode) {
      for (final OpDefNode let : ((LetInNode) node).getLets()) found |= uses(let, definition, known);
      found |= uses(((LetInNode) node).getBody(), definition, known);
    } else if (node instanceof OpArgNode) {
      found = uses(((OpArgNode) node).getOp(), definition, known);
    } else if (node instanceof SubstInNode) {
      for (final Subst subst : ((SubstInNode) node).getSubsts()) found |= uses(subst.getExpr(), definition, known);
      found |= uses(((SubstInNode) node).getBody(), definition, known);
    } else if (node.getChildren() != null) {
      for (final SemanticNode child : node.getChildren()) found |= uses(child, definition, known);
    }
    known.put(node, found);
    return found;
  }

  /** @throws Broken an initial state is incomplete, or can't be evaluated */
  List<TLCState> initial() {
    try {
      final StateVec found = tool.getInitStates();
      final List<TLCState> states = new ArrayList<>();
      for (int k = 0; k < found.size(); k++) keep(found.elementAt(k), "Init", states);
      return states;
    } catch (final Throwable trouble) {
      throw broken(trouble);
    }
  }

  /** @throws Broken a step is incomplete, or can't be evaluated */
  List<TLCState> steps(final String label, final TLCState from) {
    try {
      final List<TLCState> states = new ArrayList<>();
      for (final Action action : actions.get(label)) {
        final StateVec found = tool.getNextStates(action, from);
        for (int k = 0; k < found.size(); k++) keep(found.elementAt(k), label, states);
      }
      return states;
    } catch (final Throwable trouble) {
      throw broken(trouble);
    }
  }

  private void keep(final TLCState state, final String label, final List<TLCState> states) {
    if (!tool.isGoodState(state)) throw new Broken(label + " leaves a variable open");
    state.fingerPrint();
    states.add(state);
  }

  /** Undefined where it can't be evaluated: then why. */
  static final class Verdict {
    final boolean holds;
    final String trouble;

    Verdict(final boolean holds, final String trouble) {
      this.holds = holds;
      this.trouble = trouble;
    }
  }

  Verdict invariant(final int k, final TLCState state) {
    try {
      return new Verdict(tool.isValid(tool.getInvariants()[k], state), null);
    } catch (final Throwable trouble) {
      return new Verdict(false, broken(trouble).getMessage());
    }
  }

  Verdict impliedInitially(final int k, final TLCState state) {
    try {
      return new Verdict(tool.isValid(tool.getImpliedInits()[k], state), null);
    } catch (final Throwable trouble) {
      return new Verdict(false, broken(trouble).getMessage());
    }
  }

  Verdict implied(final int k, final TLCState from, final TLCState to) {
    try {
      return new Verdict(tool.isValid(tool.getImpliedActions()[k], from, to), null);
    } catch (final Throwable trouble) {
      return new Verdict(false, broken(trouble).getMessage());
    }
  }
}
