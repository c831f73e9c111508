package pika;

import java.io.IOException;
import tlc2.TLCGlobals;
import tlc2.tool.AbstractChecker;

/**
 * Beside TLC while it runs. It says how far it is every pika.progress milliseconds, of itself once a minute. It makes a
 * checkpoint every pika.checkpoint milliseconds, of itself after whole minutes. And it ends when whoever started it has:
 * that process holds the other end of standard input.
 */
final class Watch {
  /** As a shell reports an end by SIGTERM. */
  private static final int ORPHANED = 143;

  private Watch() {}

  static void start() {
    daemon("pika-parent", Watch::awaitParent);
    final long every = Long.getLong("pika.progress", 0);
    if (every > 0) daemon("pika-progress", () -> tick(every));
  }

  private static void daemon(final String name, final Runnable body) {
    final Thread thread = new Thread(body, name);
    thread.setDaemon(true);
    thread.start();
  }

  private static void awaitParent() {
    try {
      while (System.in.read() >= 0) {
        // Nothing is ever said there.
      }
    } catch (final IOException e) {
      // The same as an end.
    }
    Runtime.getRuntime().halt(ORPHANED);
  }

  private static void tick(final long every) {
    final long checkpoint = Long.getLong("pika.checkpoint", 0);
    try {
      for (;;) {
        Thread.sleep(every);
        final AbstractChecker checker = TLCGlobals.mainChecker;
        if (checker == null) continue;
        if (checkpoint > 0) TLCGlobals.chkptDuration = checkpoint;
        // The thread that started the workers waits here, to say how far they are and to make a checkpoint when one is due.
        synchronized (checker) {
          checker.notifyAll();
        }
      }
    } catch (final InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
