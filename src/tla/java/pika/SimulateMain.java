package pika;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import tlc2.TLC;
import tlc2.output.EC;
import tlc2.output.MP;
import tlc2.tool.Action;
import tlc2.tool.ITool;
import tlc2.tool.StateVec;
import tlc2.tool.TLCState;
import tlc2.tool.impl.FastTool;
import tlc2.util.FP64;

/**
 * Random behaviours of a specification, each step with its action and the parameters, which TLC's own simulation does not
 * say; the steps are TLC's, by its own evaluator. Written to the file that the system property pika.graph names (see
 * GraphWriter): pika.behaviours of them, of pika.depth steps at the most, drawn from pika.seed.
 *
 * A step is drawn by the action's name first and by its parameters then: otherwise actions of many parameters crowd out
 * the others. Those named in pika.rare, separated by commas, are drawn when no other is possible, or once in a while.
 * Invariants are checked in each state.
 */
public final class SimulateMain {
  private final ITool tool;
  private final GraphWriter writer;
  /** By name, in the order of the names. */
  private final List<List<Action>> actions;
  private final Set<String> rare = Set.of(System.getProperty("pika.rare", "").split(","));
  /** One in so many times a rare action is drawn like any other. */
  private static final int RARITY = 20;

  private SimulateMain(final ITool tool, final GraphWriter writer) {
    this.tool = tool;
    this.writer = writer;
    final Map<String, List<Action>> byName = new TreeMap<>();
    for (final Action action : tool.getActions()) {
      byName.computeIfAbsent(action.getName().toString(), name -> new ArrayList<>()).add(action);
    }
    actions = new ArrayList<>(byName.values());
  }

  public static void main(final String[] args) throws Exception {
    Watch.start();
    final TLC tlc = new TLC();
    if (!tlc.handleParameters(args)) System.exit(1);
    FP64.Init(0);
    final ITool tool = new FastTool(tlc.getMainFile(), System.getProperty("pika.config").replaceFirst("\\.cfg$", ""));
    final GraphWriter writer = new GraphWriter(System.getProperty("pika.graph"));
    final SimulateMain simulation = new SimulateMain(tool, writer);
    final long seed = Long.getLong("pika.seed");
    final int behaviours = Integer.getInteger("pika.behaviours");
    for (int k = 0; k < behaviours; k++) {
      if (!simulation.behaviour(new Random(seed * 1_000_003 + k), Integer.getInteger("pika.depth"))) System.exit(12);
    }
    writer.end();
    MP.printMessage(EC.TLC_SUCCESS, "0", "0");
    MP.printMessage(EC.TLC_STATS, String.valueOf(writer.edges() + behaviours), String.valueOf(writer.states()), "0");
    System.exit(0);
  }

  /** False: an invariant does not hold in some state. */
  private boolean behaviour(final Random random, final int depth) throws Exception {
    final StateVec initial = tool.getInitStates();
    TLCState state = initial.elementAt(random.nextInt(initial.size()));
    writer.behaviour();
    int number = writer.state(state, true);
    for (int k = 0; k < depth; k++) {
      final Step step = step(state, random);
      if (step == null) return true;
      final int next = writer.state(step.to, false);
      writer.edge(number, next, step.action);
      number = next;
      state = step.to;
      for (int i = 0; i < tool.getInvariants().length; i++) {
        if (tool.isValid(tool.getInvariants()[i], state)) continue;
        MP.printError(EC.TLC_INVARIANT_VIOLATED_BEHAVIOR, tool.getInvNames()[i]);
        return false;
      }
    }
    return true;
  }

  private static final class Step {
    final Action action;
    final TLCState to;

    Step(final Action action, final TLCState to) {
      this.action = action;
      this.to = to;
    }
  }

  /** Some step from the state; null: there is none. */
  private Step step(final TLCState state, final Random random) {
    final List<List<Action>> names = new ArrayList<>(actions);
    Collections.shuffle(names, random);
    if (random.nextInt(RARITY) > 0) {
      names.sort(Comparator.comparing(name -> rare.contains(name.get(0).getName().toString())));
    }
    for (final List<Action> name : names) {
      final int first = random.nextInt(name.size());
      for (int k = 0; k < name.size(); k++) {
        final Action action = name.get((first + k) % name.size());
        final StateVec next = tool.getNextStates(action, state);
        if (!next.empty()) return new Step(action, next.elementAt(random.nextInt(next.size())));
      }
    }
    return null;
  }
}
