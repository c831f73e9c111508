package pika;

import java.io.File;
import java.util.HashMap;
import java.util.Map;
import util.FilenameToStream;
import util.SimpleFilenameToStream;

/** Finds modules and configurations in some directories, the first one first; TLC's own are unpacked once. */
final class Modules extends SimpleFilenameToStream {
  private static final Map<String, File> standard = new HashMap<>();
  private final String[] directories;

  Modules(final String... directories) {
    this.directories = directories;
  }

  @Override
  public File resolve(final String name, final boolean isModule) {
    final String file = isModule && !name.endsWith(".tla") ? name + ".tla" : name;
    if (new File(file).isAbsolute()) return new FilenameToStream.TLAFile(file, this);
    for (final String directory : directories) {
      final FilenameToStream.TLAFile found = new FilenameToStream.TLAFile(directory, file, this);
      if (found.exists()) return found;
    }
    return standard.computeIfAbsent(file, missing -> super.resolve(name, isModule));
  }

  @Override
  public File resolve(final String name) {
    return resolve(name, true);
  }
}
