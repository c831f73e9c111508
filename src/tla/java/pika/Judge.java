package pika;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import tlc2.util.FP64;
import util.ToolIO;

/**
 * Many small model checks in one JVM: a command a line on standard input, its fields apart by tabs, an answer's lines on
 * standard output, the last one "done" or "broken REASON".
 *
 * know MODEL ROOT CONFIG DIRECTORY LIMIT STEPS: explores, and keeps the graph of the first LIMIT states under the model's
 *   name; breadth first, or where STEPS is not 0 along random behaviours of so many steps. Answers "states N", "complete" where there are no more, and "label NAME N" for each action with its parameters, N
 *   being its different steps.
 * judge MODEL ROOT CONFIG DIRECTORY DEFINITION SECONDS CHANGED: is the graph the same where the second directory's
 *   modules stand before the first's, and differ in that one definition? Answers "same", "differs HOW", or "undecided" when the time is over.
 *   HOW begins with "graph: ", "property: ", "error: ", or "invalid: " for what is no specification or cannot begin.
 * used ROOT CONFIG DIRECTORY: answers with the definitions that initial predicate and actions use, "Module.Definition".
 * explore ROOT CONFIG LIMIT SECONDS UNTIL DIRECTORY…: looks at every invariant and action property in every state, and
 *   goes on when one does not hold. UNTIL, names apart by commas, or "no": ends when every property but these was violated
 *   and every action but these taken. Answers "states N", "complete" where no state was left out, "action NAME" for each
 *   that the model has, "violated NAME DEPTH" ("NAME!" where it can't be evaluated) and "label NAME N".
 */
public final class Judge {
  private static PrintStream answers;
  private static final Map<String, Reference> known = new HashMap<>();

  private Judge() {}

  public static void main(final String[] args) throws Exception {
    answers = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    final PrintStream nothing = new PrintStream(OutputStream.nullOutputStream());
    System.setOut(nothing);
    ToolIO.out = nothing;
    ToolIO.err = nothing;
    FP64.Init(1);
    // Deep values and syntax trees are walked recursively.
    final Thread thread = new Thread(null, Judge::serve, "judge", 64L << 20);
    thread.start();
    thread.join();
  }

  private static void serve() {
    try (BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = commands.readLine(); line != null; line = commands.readLine()) {
        try {
          obey(line.split("\t", -1));
          answers.println("done");
        } catch (final Loaded.Broken trouble) {
          answers.println("broken " + trouble.getMessage());
        }
        answers.flush();
      }
    } catch (final Throwable trouble) {
      trouble.printStackTrace();
      System.exit(1);
    }
  }

  private static void obey(final String[] x) {
    switch (x[0]) {
      case "know":
        know(x);
        break;
      case "judge":
        judge(x);
        break;
      case "used":
        Loaded.of(x[1], x[2], x[3]).used().forEach(answers::println);
        break;
      case "explore":
        explore(x);
        break;
      default:
        throw new Loaded.Broken("no command " + x[0]);
    }
  }

  private static void know(final String[] x) {
    final Loaded loaded = Loaded.of(x[2], x[3], x[4]);
    final int limit = Integer.parseInt(x[5]);
    final int steps = Integer.parseInt(x[6]);
    final Reference reference = steps == 0 ? Reference.breadthFirst(loaded, limit) : Reference.walked(loaded, limit, steps, 1);
    known.put(x[1], reference);
    answers.println("states " + reference.size());
    if (reference.complete) answers.println("complete");
    reference.counts().forEach((name, count) -> answers.println("label " + name + " " + count));
  }

  private static void judge(final String[] x) {
    final Reference reference = known.get(x[1]);
    if (reference == null) throw new Loaded.Broken("nothing is known of " + x[1]);
    final long until = System.currentTimeMillis() + 1000L * Integer.parseInt(x[6]);
    final Loaded changed;
    try {
      changed = Loaded.of(x[2], x[3], x[7], x[4]);
      changed.initial();
    } catch (final Loaded.Broken trouble) {
      answers.println("differs invalid: " + trouble.getMessage());
      return;
    }
    String how;
    try {
      how = reference.difference(changed, x[5], until);
    } catch (final Loaded.Broken trouble) {
      how = "error: " + trouble.getMessage();
    } catch (final Reference.OutOfTime late) {
      answers.println("undecided");
      return;
    }
    answers.println(how == null ? "same" : "differs " + how);
  }

  private static Set<String> besides(final String field) {
    return field.equals("no") ? null : new HashSet<>(Arrays.asList(field.split(",")));
  }

  private static void explore(final String[] x) {
    final Survey survey = new Survey(Loaded.of(x[1], x[2], Arrays.copyOfRange(x, 6, x.length)), besides(x[5]));
    survey.run(Integer.parseInt(x[3]), System.currentTimeMillis() + 1000L * Integer.parseInt(x[4]));
    survey.print(answers);
  }
}
