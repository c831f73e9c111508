package pika;

import java.util.HashSet;
import java.util.Set;
import tla2sany.drivers.SANY;
import tla2sany.modanalyzer.SpecObj;
import tla2sany.semantic.LetInNode;
import tla2sany.semantic.LevelNode;
import tla2sany.semantic.ModuleNode;
import tla2sany.semantic.NumeralNode;
import tla2sany.semantic.OpApplNode;
import tla2sany.semantic.OpDefNode;
import tla2sany.semantic.SemanticNode;
import tla2sany.semantic.StringNode;
import tla2sany.st.Location;
import util.ToolIO;

/**
 * Prints the syntax tree of one module's own definitions, a node a line, parents first:
 * definition TAB kind TAB depth TAB level TAB begin line, begin column, end line, end column. Columns count from 1, ends included.
 */
public final class SpecTree {
  private final StringBuilder out = new StringBuilder();
  private final Set<SemanticNode> seen = new HashSet<>();

  public static void main(final String[] args) throws Exception {
    ToolIO.setMode(ToolIO.SYSTEM);
    final SpecObj spec = new SpecObj(args[0], null);
    SANY.frontEndMain(spec, args[0], System.err);
    if (spec.getErrorLevel() > 0 || spec.getParseErrors().isFailure() || spec.getSemanticErrors().isFailure()) {
      System.err.println(spec.getParseErrors());
      System.err.println(spec.getSemanticErrors());
      System.exit(150);
    }
    final ModuleNode root = spec.getExternalModuleTable().getRootModule();
    final SpecTree tree = new SpecTree();
    for (final OpDefNode definition : root.getOpDefs()) {
      if (definition.getOriginallyDefinedInModuleNode() == root && definition.getBody() != null) {
        tree.walk(definition.getName().toString(), definition.getBody(), 0);
      }
    }
    System.out.print(tree.out);
  }

  private void walk(final String definition, final SemanticNode node, final int depth) {
    if (node == null || !seen.add(node)) return;
    final String kind;
    if (node instanceof OpApplNode) kind = ((OpApplNode) node).getOperator().getName().toString();
    else if (node instanceof NumeralNode) kind = "$Number";
    else if (node instanceof StringNode) kind = "$String";
    else if (node instanceof LetInNode) kind = "$Let";
    else kind = "$Other";
    final Location at = node.getLocation();
    out.append(definition).append('\t').append(kind).append('\t').append(depth);
    out.append('\t').append(node instanceof LevelNode ? ((LevelNode) node).getLevel() : -1);
    for (final int x : new int[] {at.beginLine(), at.beginColumn(), at.endLine(), at.endColumn()}) out.append('\t').append(x);
    out.append('\n');
    final SemanticNode[] children = node.getChildren();
    if (children != null) for (final SemanticNode child : children) walk(definition, child, depth + 1);
  }
}
