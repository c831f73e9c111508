package pika;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.lang.reflect.Proxy;
import tlc2.TLC;
import tlc2.output.EC;
import tlc2.tool.Action;
import tlc2.tool.TLCState;
import tlc2.util.IStateWriter;

/**
 * TLC as its own main class runs it, but every state and every step that it finds is written to the file that the system
 * property pika.graph names (see GraphWriter).
 */
public final class GraphMain {
  private final GraphWriter writer;

  private GraphMain(final String file) throws IOException {
    writer = new GraphWriter(file);
  }

  public static void main(final String[] args) throws Exception {
    Watch.start();
    final TLC tlc = new TLC();
    if (!tlc.handleParameters(args)) System.exit(1);
    final GraphMain graph = new GraphMain(System.getProperty("pika.graph"));
    final Field writer = TLC.class.getDeclaredField("stateWriter");
    writer.setAccessible(true);
    writer.set(tlc, Proxy.newProxyInstance(IStateWriter.class.getClassLoader(), new Class<?>[] {IStateWriter.class}, (proxy, method, given) -> {
      switch (method.getName()) {
        case "writeState":
          graph.write(given);
          return null;
        case "isNoop":
        case "isDot":
          return false;
        case "getDumpFileName":
          return System.getProperty("pika.graph");
        case "hashCode":
          return System.identityHashCode(proxy);
        case "equals":
          return proxy == given[0];
        default:
          return null;
      }
    }));
    final int code = tlc.process();
    graph.end();
    System.exit(EC.ExitStatus.errorConstantToExitStatus(code));
  }

  private synchronized void write(final Object[] given) {
    try {
      final TLCState from = (TLCState) given[0];
      if (given.length == 1) {
        writer.state(from, true);
        return;
      }
      final TLCState to = (TLCState) given[1];
      Action action = null;
      for (final Object x : given) if (x instanceof Action) action = (Action) x;
      writer.edge(writer.state(from, false), writer.state(to, false), action);
    } catch (final IOException e) {
      throw new UncheckedIOException("cannot write the state graph", e);
    }
  }

  private synchronized void end() throws IOException {
    writer.end();
  }
}
