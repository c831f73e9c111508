package pika;

import java.util.Arrays;

/** Fingerprints and the number that each was first given: an open hash table without boxes. */
final class Longs {
  private long[] keys = new long[1 << 12];
  private int[] numbers = new int[1 << 12];
  private int size;

  Longs() {
    Arrays.fill(numbers, -1);
  }

  int size() {
    return size;
  }

  /** The key's number; −1: it has none. */
  int get(final long key) {
    return numbers[place(key)];
  }

  /** Gives the key the next number. @return false: it has one */
  boolean add(final long key) {
    final int place = place(key);
    if (numbers[place] >= 0) return false;
    keys[place] = key;
    numbers[place] = size++;
    if (2 * size > keys.length) grow();
    return true;
  }

  void clear() {
    if (size == 0) return;
    Arrays.fill(numbers, -1);
    size = 0;
  }

  private int place(final long key) {
    int place = (int) Mix.of(key) & (keys.length - 1);
    while (numbers[place] >= 0 && keys[place] != key) place = (place + 1) & (keys.length - 1);
    return place;
  }

  private void grow() {
    final long[] oldKeys = keys;
    final int[] oldNumbers = numbers;
    keys = new long[2 * oldKeys.length];
    numbers = new int[keys.length];
    Arrays.fill(numbers, -1);
    for (int k = 0; k < oldKeys.length; k++) {
      if (oldNumbers[k] < 0) continue;
      final int place = place(oldKeys[k]);
      keys[place] = oldKeys[k];
      numbers[place] = oldNumbers[k];
    }
  }
}
