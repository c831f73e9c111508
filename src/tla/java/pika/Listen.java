package pika;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.rmi.server.RMISocketFactory;

/** Java's RMI listens on every address of the machine; here on the one that others are told of (java.rmi.server.hostname). */
final class Listen extends RMISocketFactory {
  private static final int BACKLOG = 50;
  private final InetAddress address;

  private Listen(final InetAddress address) {
    this.address = address;
  }

  static void only() throws IOException {
    RMISocketFactory.setSocketFactory(new Listen(InetAddress.getByName(System.getProperty("java.rmi.server.hostname"))));
  }

  @Override
  public Socket createSocket(final String host, final int port) throws IOException {
    return new Socket(host, port);
  }

  @Override
  public ServerSocket createServerSocket(final int port) throws IOException {
    return new ServerSocket(port, BACKLOG, address);
  }
}
