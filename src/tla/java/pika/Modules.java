package pika;

import java.io.File;
import java.util.HashMap;
import java.util.Map;
import util.SimpleFilenameToStream;

/** Finds modules and configurations in some directories, the first one first; TLC's own are unpacked once. */
final class Modules extends SimpleFilenameToStream {
  private static final Map<String, TLAFile> standard = new HashMap<>();
  private final String[] directories;

  Modules(final String... directories) {
    this.directories = directories;
  }

  @Override
  public TLAFile resolve(final String name, final boolean isModule) {
    final String file = isModule && !name.endsWith(".tla") ? name + ".tla" : name;
    if (new File(file).isAbsolute()) return new TLAFile(file, this);
    for (final String directory : directories) {
      final TLAFile found = new TLAFile(directory, file, this);
      if (found.exists()) return found;
    }
    return standard.computeIfAbsent(file, missing -> own(super.resolve(name, isModule)));
  }

  // TLC 2.18 declares a file of no certain kind.
  private TLAFile own(final File file) {
    return file instanceof TLAFile ? (TLAFile) file : new TLAFile(file.getPath(), this);
  }

  @Override
  public TLAFile resolve(final String name) {
    return resolve(name, true);
  }
}
