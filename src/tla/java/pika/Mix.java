package pika;

/** Spreads a fingerprint's bits, so that sums of several tell sets of them apart. */
final class Mix {
  private Mix() {}

  static long of(final long x) {
    long y = x * 0x9e3779b97f4a7c15L;
    y = (y ^ (y >>> 32)) * 0xd6e8feb86659fd93L;
    return y ^ (y >>> 29);
  }
}
