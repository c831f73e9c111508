package tlc2.overrides;

/** TLC looks for this class by name and takes operators from the classes it lists. */
public final class TLCOverrides implements ITLCOverrides {
  @Override
  @SuppressWarnings("rawtypes")
  public Class[] get() {
    return new Class[] {TraceReader.class, TraceSets.class, TraceWhy.class};
  }
}
