#include "stravinsky/open_files.hpp"

#include <fcntl.h>

#include <optional>

#include "fs/fd.hpp"
#include "fs/other_processes.hpp"

namespace stravinsky {

std::vector<OpenFile> list_files_with_writers(const std::vector<std::string>& paths) {
  std::vector<OpenFile> found;
  std::optional<fs::WrittenFiles> seen;  // looked for once, and only if there is a reason
  for (const std::string& path : paths) {
    const fs::Fd fd = fs::open_at(AT_FDCWD, path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!fd) continue;
    const auto file = fs::identity_of(fd.get());
    if (!file) continue;
    const fs::Writers writers = fs::look_for_writers(fd.get());
    if (writers == fs::Writers::None) continue;
    if (!seen) seen = fs::list_written_files();
    const auto named = seen->find(*file);
    if (named == seen->end() && writers == fs::Writers::Unknown) continue;
    found.push_back({path, named == seen->end() ? std::string() : named->second});
  }
  return found;
}

}  // namespace stravinsky
