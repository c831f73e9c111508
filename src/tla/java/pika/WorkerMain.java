package pika;

import tlc2.tool.distributed.TLCWorker;

/** TLC's worker of a distributed search, watched, on one address only. */
public final class WorkerMain {
  private WorkerMain() {}

  public static void main(final String[] args) throws Exception {
    Watch.start();
    Listen.only();
    TLCWorker.main(args);
  }
}
