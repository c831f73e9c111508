package tlc2.overrides;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import tla2sany.semantic.SemanticNode;
import tla2sany.st.Location;

/** The text of a specification. The system property pika.modules names the directory of its modules. */
final class Source {
  private static final Map<String, List<String>> LINES = new HashMap<>();

  private Source() {}

  private static List<String> linesOf(final String module) {
    return LINES.computeIfAbsent(module, name -> {
      try {
        return Files.readAllLines(Path.of(System.getProperty("pika.modules", "."), name + ".tla"), StandardCharsets.UTF_8);
      } catch (final IOException e) {
        return Collections.emptyList();
      }
    });
  }

  static Json place(final Json json, final SemanticNode node) {
    final Location location = node.getLocation();
    return json.field("module", location.source()).field("line", location.beginLine());
  }

  /** On one line, without comments. */
  static String textOf(final SemanticNode node) {
    final Location at = node.getLocation();
    final List<String> lines = linesOf(at.source());
    if (at.beginLine() < 1 || at.endLine() > lines.size()) return node.getHumanReadableImage();
    final StringBuilder text = new StringBuilder();
    for (int k = at.beginLine(); k <= at.endLine(); k++) {
      final String line = lines.get(k - 1);
      final int from = k == at.beginLine() ? at.beginColumn() - 1 : 0;
      final int to = k == at.endLine() ? Math.min(at.endColumn(), line.length()) : line.length();
      text.append(line.substring(Math.min(from, to), to).replaceAll("\\\\\\*.*$", "").trim()).append(' ');
    }
    return text.toString().trim();
  }

  /** The comment lines right above a definition. */
  static String commentOf(final SemanticNode definition) {
    final Location at = definition.getLocation();
    final List<String> lines = linesOf(at.source());
    final Deque<String> comment = new ArrayDeque<>();
    for (int k = at.beginLine() - 2; k >= 0 && k < lines.size(); k--) {
      final String line = lines.get(k).trim();
      if (!line.startsWith("\\*")) break;
      comment.addFirst(line.substring(2).trim());
    }
    return comment.stream().collect(Collectors.joining(" "));
  }
}
