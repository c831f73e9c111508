package pika;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import tlc2.tool.TLCState;
import tlc2.value.IValue;
import tlc2.util.FP64;
import util.UniqueString;

/**
 * A model's state graph, and whether a changed specification has the same one.
 *
 * A change of one definition leaves every action as it was that does not use it. So only the actions that do are looked
 * at, in every state of the known graph: where all of them have the steps that they had, by induction the changed
 * specification reaches these states and no others, by these steps and no others.
 */
final class Reference {
  private final List<TLCState> states = new ArrayList<>();
  private final Map<String, Integer> labels = new LinkedHashMap<>();
  private final long initial;
  /** Steps of state s: first[s] … first[s + 1] − 1, a sum of fingerprints for each label that has any. */
  private int[] first = new int[1 << 10];
  private int[] label = new int[1 << 12];
  private long[] sum = new long[1 << 12];
  private int steps;
  /** Of the state, the initial ones being at 1. */
  private int[] depth = new int[1 << 10];
  private final long[] edges;
  /** States whose steps are known. */
  private int looked;
  /** No state was left out. */
  boolean complete;

  private final Longs known = new Longs();
  private final Interned interned = new Interned();
  private final Longs seen = new Longs();
  private final Loaded loaded;

  private Reference(final Loaded loaded) {
    this.loaded = loaded;
    for (final String name : loaded.actions.keySet()) labels.put(name, labels.size());
    edges = new long[labels.size()];
    initial = sumOf(loaded.initial(), new Longs());
  }

  /**
   * Breadth first, and no further than the first `limit` states: a change is told apart by any of them.
   * @throws Loaded.Broken the specification as it stands can't be explored
   */
  static Reference breadthFirst(final Loaded loaded, final int limit) {
    final Reference made = new Reference(loaded);
    for (final TLCState state : loaded.initial()) made.add(state, 1);
    for (int s = 0; s < Math.min(made.states.size(), limit); s++) {
      for (final TLCState state : made.look(s)) made.add(state, made.depth[s] + 1);
    }
    made.complete = made.states.size() <= limit;
    made.close();
    return made;
  }

  /**
   * States that random behaviours of `steps` steps come to: of a model that is too large for its beginning to show much.
   * @throws Loaded.Broken the specification as it stands can't be explored
   */
  static Reference walked(final Loaded loaded, final int limit, final int steps, final long seed) {
    final Reference made = new Reference(loaded);
    final Random random = new Random(seed);
    final List<TLCState> begin = loaded.initial();
    // A model may have fewer states than are asked for.
    for (long budget = 20L * limit; budget > 0 && made.looked < limit; budget--) {
      TLCState state = begin.get(random.nextInt(begin.size()));
      for (int k = 1; k <= steps && made.looked < limit; k++, budget--) {
        final long print = state.fingerPrint();
        final List<TLCState> next;
        if (made.add(state, k)) next = made.look(made.states.size() - 1);
        else next = made.steps(state);
        next.removeIf(x -> x.fingerPrint() == print);
        if (next.isEmpty()) break;
        state = next.get(random.nextInt(next.size()));
      }
    }
    made.close();
    return made;
  }

  private List<TLCState> steps(final TLCState state) {
    final List<TLCState> all = new ArrayList<>();
    for (final String name : labels.keySet()) all.addAll(loaded.steps(name, state));
    return all;
  }

  /** The state's steps, which are known from now on: states are looked at in their order. */
  private List<TLCState> look(final int s) {
    final List<TLCState> all = new ArrayList<>();
    if (s + 1 >= first.length) first = Arrays.copyOf(first, 2 * first.length);
    first[s] = steps;
    for (final Map.Entry<String, Integer> entry : labels.entrySet()) {
      final List<TLCState> next = loaded.steps(entry.getKey(), states.get(s));
      if (next.isEmpty()) continue;
      final long total = sumOf(next, seen);
      edges[entry.getValue()] += seen.size();
      put(entry.getValue(), total);
      all.addAll(next);
    }
    first[s + 1] = steps;
    looked = s + 1;
    return all;
  }

  private void close() {
    first = Arrays.copyOf(first, looked + 1);
    if (looked < states.size()) states.subList(looked, states.size()).clear();
  }

  int size() {
    return states.size();
  }

  /** Steps by label, each once. */
  Map<String, Long> counts() {
    final Map<String, Long> counts = new LinkedHashMap<>();
    labels.forEach((name, k) -> counts.put(name, edges[k]));
    return counts;
  }

  /** How the changed specification differs; null: nowhere. */
  String difference(final Loaded changed, final String definition, final long until) {
    final Longs seen = new Longs();
    if (sumOf(changed.initial(), seen) != initial) return "graph: the initial states differ";
    for (final Map.Entry<String, Integer> entry : labels.entrySet()) {
      if (edges[entry.getValue()] > 0 && !changed.actions.containsKey(entry.getKey())) return "graph: no " + entry.getKey();
    }
    final Set<String> affected = new TreeSet<>(changed.using(definition));
    for (final String name : changed.actions.keySet()) if (!labels.containsKey(name)) affected.add(name);
    final String[] names = affected.toArray(new String[0]);
    for (int s = 0; s < states.size(); s++) {
      if (System.currentTimeMillis() > until) throw new OutOfTime();
      for (final String name : names) {
        final List<TLCState> next = changed.steps(name, states.get(s));
        final long now = next.isEmpty() ? 0 : sumOf(next, seen);
        if (now != before(s, labels.getOrDefault(name, -1))) return "graph: " + name + " in a state at depth " + depth[s];
      }
    }
    return broken(changed, definition, until);
  }

  /** The property that the change made false of these same states, or impossible to evaluate. */
  private String broken(final Loaded changed, final String definition, final long until) {
    for (int k = 0; k < changed.tool.getInvariants().length; k++) {
      if (!changed.uses(changed.tool.getInvariants()[k], changed.tool.getInvNames()[k], definition)) continue;
      for (final TLCState state : states) {
        final Loaded.Verdict verdict = changed.invariant(k, state);
        if (!verdict.holds) return told(verdict, changed.tool.getInvNames()[k]);
      }
    }
    for (int k = 0; k < changed.tool.getImpliedInits().length; k++) {
      if (!changed.uses(changed.tool.getImpliedInits()[k], changed.tool.getImpliedInitNames()[k], definition)) continue;
      for (final TLCState state : changed.initial()) {
        final Loaded.Verdict verdict = changed.impliedInitially(k, state);
        if (!verdict.holds) return told(verdict, changed.tool.getImpliedInitNames()[k]);
      }
    }
    for (int k = 0; k < changed.tool.getImpliedActions().length; k++) {
      if (!changed.uses(changed.tool.getImpliedActions()[k], changed.tool.getImpliedActNames()[k], definition)) continue;
      for (int s = 0; s < states.size(); s++) {
        if (System.currentTimeMillis() > until) throw new OutOfTime();
        for (final String name : changed.actions.keySet()) {
          for (final TLCState to : changed.steps(name, states.get(s))) {
            final Loaded.Verdict verdict = changed.implied(k, states.get(s), to);
            if (!verdict.holds) return told(verdict, changed.tool.getImpliedActNames()[k]);
          }
        }
      }
    }
    return null;
  }

  private static String told(final Loaded.Verdict verdict, final String name) {
    return (verdict.trouble == null ? "property: " : "error: ") + name;
  }

  /** Nothing is known then. */
  static final class OutOfTime extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private long before(final int s, final int wanted) {
    for (int k = first[s]; k < first[s + 1]; k++) if (label[k] == wanted) return sum[k];
    return 0;
  }

  /** @return whether the state is new */
  private boolean add(final TLCState state, final int at) {
    if (!known.add(state.fingerPrint())) return false;
    if (states.size() == depth.length) depth = Arrays.copyOf(depth, 2 * depth.length);
    depth[states.size()] = at;
    states.add(interned.copy(state));
    return true;
  }

  private void put(final int which, final long total) {
    if (steps == label.length) {
      label = Arrays.copyOf(label, 2 * steps);
      sum = Arrays.copyOf(sum, 2 * steps);
    }
    label[steps] = which;
    sum[steps++] = total;
  }

  /** Of different states; `seen` holds them after. */
  private static long sumOf(final List<TLCState> list, final Longs seen) {
    seen.clear();
    long total = list.isEmpty() ? 0 : 1;
    for (final TLCState state : list) {
      final long print = state.fingerPrint();
      if (seen.add(print)) total += Mix.of(print);
    }
    return total;
  }

  /** States share the values that they have in common. */
  private static final class Interned {
    private UniqueString[] names;
    private final Map<Long, IValue> values = new HashMap<>();

    TLCState copy(final TLCState state) {
      if (names == null) {
        names = new UniqueString[state.getVars().length];
        for (int k = 0; k < names.length; k++) names[k] = state.getVars()[k].getName();
      }
      final TLCState copy = state.createEmpty();
      for (final UniqueString name : names) {
        final IValue value = state.lookup(name);
        final IValue known = values.putIfAbsent(value.fingerPrint(FP64.New()), value);
        copy.bind(name, known == null ? value : known);
      }
      return copy;
    }
  }
}
