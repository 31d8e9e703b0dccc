#pragma once

#include <string>

#include "objects/object.hpp"
#include "packs/object_database.hpp"
#include "packs/object_writer.hpp"
#include "support/temp_dir.hpp"

namespace stravinsky::test {

/// A bare repository that plain git made, with a place for unfinished packs.
struct GitStore {
  TempDir dir;
  std::string objects = dir / "objects", packs = objects + "/pack", tmp = dir / "stravinsky";

  GitStore() { output_of("git init -q --bare " + dir.path()); }

  /// What git says, without its last newline.
  std::string git(const std::string& arguments) const {
    std::string text = output_of("git -C " + dir.path() + " " + arguments);
    if (text.ends_with('\n')) text.pop_back();
    return text;
  }
  /// What fsck finds wrong. An unborn HEAD is none of it.
  std::string fsck() const {
    return git("fsck --strict --full --no-dangling 2>&1 | sed '/^notice: /d'");
  }
  /// Stores a loose blob by plain git.
  ObjectId hash_object(const std::string& content) const {
    write_file(dir / "content", content);
    return *ObjectId::from_hex(git("hash-object -w " + (dir / "content")));
  }
  /// The only file in the pack directory that ends so.
  std::string file(const std::string& suffix) const {
    std::string path = output_of("ls " + packs + "/*" + suffix);
    path.pop_back();
    return path;
  }
  /// Files in the directory for unfinished packs.
  std::string debris() const { return output_of("ls -A " + tmp + " 2>/dev/null || true"); }
};

/// Text that compresses, each number another.
inline std::string sample_text(int number, std::size_t lines = 40) {
  std::string text;
  for (std::size_t i = 0; i < lines; ++i) text += fmt::format("line {} of {}\n", i, number);
  return text;
}

}  // namespace stravinsky::test
