package tlc2.overrides;

import tlc2.value.impl.SetEnumValue;
import tlc2.value.impl.TupleValue;
import tlc2.value.impl.Value;
import tlc2.value.impl.ValueVec;

/**
 * Operators of module Trace that TLC would evaluate term by term at every step of a recording. Each does what its
 * definition in TLA+ says (a test compares the two on random values).
 */
public final class TraceSets {
  private TraceSets() {}

  /** {y \in tuples : y[1] \in first} */
  @TLAPlusOperator(identifier = "Those", module = "Trace", warn = false)
  public static Value those(final Value tuples, final Value first) {
    final SetEnumValue all = (SetEnumValue) tuples.toSetEnum();
    all.normalize();
    final ValueVec chosen = new ValueVec();
    for (int k = 0; k < all.elems.size(); k++) {
      final Value y = all.elems.elementAt(k);
      if (first.member(((TupleValue) y.toTuple()).elems[0])) chosen.addElement(y);
    }
    return new SetEnumValue(chosen, true);
  }
}
