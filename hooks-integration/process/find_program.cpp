#include "process/find_program.hpp"

#include <unistd.h>

#include <algorithm>

namespace stravinsky::hooks {

std::string find_program(std::string_view directories, std::initializer_list<const char*> names) {
  while (!directories.empty()) {
    const std::string directory(directories.substr(0, directories.find(':')));
    directories.remove_prefix(std::min(directories.size(), directory.size() + 1));
    if (!directory.starts_with('/')) continue;  // a relative one would depend on where we are
    for (const char* name : names) {
      std::string path = directory + "/" + name;
      if (access(path.c_str(), X_OK) == 0) return path;
    }
  }
  return {};
}

}  // namespace stravinsky::hooks
