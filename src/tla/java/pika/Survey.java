package pika;

import java.io.PrintStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tlc2.tool.TLCState;

/** Breadth-first exploration that notes what holds and what is done in which states, and goes on. */
final class Survey {
  private final Loaded loaded;
  private final Longs found = new Longs();
  private final Map<String, Integer> violated = new LinkedHashMap<>();
  private final Map<String, Long> counts = new LinkedHashMap<>();
  private final Set<String> besides;
  private boolean complete;

  /** @param besides ends when all properties but these were violated and all actions but these taken; null: never */
  Survey(final Loaded loaded, final Set<String> besides) {
    this.loaded = loaded;
    this.besides = besides;
  }

  private static String nameOf(final String label) {
    return label.replaceFirst("\\(.*", "");
  }

  private boolean leftToFind() {
    final Set<String> found = new HashSet<>(besides);
    found.addAll(violated.keySet());
    counts.keySet().forEach(label -> found.add(nameOf(label)));
    return !found.containsAll(Arrays.asList(loaded.tool.getInvNames()))
      || !found.containsAll(Arrays.asList(loaded.tool.getImpliedActNames()))
      || loaded.actions.keySet().stream().anyMatch(label -> !found.contains(nameOf(label)));
  }

  void run(final int limit, final long until) {
    final Deque<TLCState> queue = new ArrayDeque<>();
    for (final TLCState state : loaded.initial()) take(state, 1, queue);
    int depth = 1;
    int level = queue.size();
    for (TLCState state = queue.poll(); state != null; state = queue.poll()) {
      if (found.size() > limit || System.currentTimeMillis() > until) return;
      if (level-- == 0) {
        depth++;
        level = queue.size();
        if (besides != null && !leftToFind()) return;
      }
      for (final String label : loaded.actions.keySet()) {
        final List<TLCState> next = loaded.steps(label, state);
        if (!next.isEmpty()) counts.merge(label, (long) next.size(), Long::sum);
        for (final TLCState to : next) {
          for (int k = 0; k < loaded.tool.getImpliedActions().length; k++) {
            note(loaded.tool.getImpliedActNames()[k], loaded.implied(k, state, to), depth + 1);
          }
          take(to, depth + 1, queue);
        }
      }
    }
    complete = true;
  }

  private void take(final TLCState state, final int depth, final Deque<TLCState> queue) {
    if (!found.add(state.fingerPrint())) return;
    for (int k = 0; k < loaded.tool.getInvariants().length; k++) {
      final String name = loaded.tool.getInvNames()[k];
      if (!violated.containsKey(name)) note(name, loaded.invariant(k, state), depth);
    }
    queue.add(state);
  }

  private void note(final String name, final Loaded.Verdict verdict, final int depth) {
    if (!verdict.holds) violated.putIfAbsent(verdict.trouble == null ? name : name + "!", depth);
  }

  void print(final PrintStream out) {
    out.println("states " + found.size());
    if (complete) out.println("complete");
    loaded.actions.keySet().stream().map(Survey::nameOf).distinct().forEach(name -> out.println("action " + name));
    violated.forEach((name, depth) -> out.println("violated " + name + " " + depth));
    counts.forEach((name, count) -> out.println("label " + name + " " + count));
  }
}
