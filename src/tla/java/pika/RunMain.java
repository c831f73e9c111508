package pika;

import tlc2.TLC;

/** TLC as its own main class runs it, watched. */
public final class RunMain {
  private RunMain() {}

  public static void main(final String[] args) throws Exception {
    Watch.start();
    TLC.main(args);
  }
}
