package tlc2.overrides;

import java.util.List;

/** One JSON object, written field by field. */
final class Json {
  private final StringBuilder text = new StringBuilder("{");

  Json field(final String name, final String value) {
    name(name);
    string(value);
    return this;
  }

  Json field(final String name, final int value) {
    name(name);
    text.append(value);
    return this;
  }

  Json field(final String name, final List<Json> values) {
    name(name);
    text.append('[');
    for (int k = 0; k < values.size(); k++) text.append(k == 0 ? "" : ",").append(values.get(k));
    text.append(']');
    return this;
  }

  private void name(final String name) {
    if (text.length() > 1) text.append(',');
    string(name);
    text.append(':');
  }

  private void string(final String value) {
    text.append('"');
    for (int k = 0; k < value.length(); k++) {
      final char c = value.charAt(k);
      if (c == '"' || c == '\\') text.append('\\').append(c);
      else if (c < ' ') text.append(String.format("\\u%04x", (int) c));
      else text.append(c);
    }
    text.append('"');
  }

  @Override
  public String toString() {
    return text + "}";
  }
}
