package pika;

import tlc2.tool.distributed.TLCServer;

/** TLC's server of a distributed search, watched, on one address only. */
public final class ServerMain {
  private ServerMain() {}

  public static void main(final String[] args) throws Exception {
    Watch.start();
    Listen.only();
    TLCServer.main(args);
  }
}
