#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "support/temp_dir.hpp"

namespace stravinsky::test {

/// Flips one bit in the middle of an object's bytes, in whatever pack holds it.
/// @param git_dir  a bare repository
/// @param object   what `git rev-parse` takes
inline void damage_object(const std::string& git_dir, const std::string& object) {
  std::string id = output_of(fmt::format("git -C {} rev-parse '{}'", git_dir, object));
  id.pop_back();
  for (const auto& file : std::filesystem::directory_iterator(git_dir + "/objects/pack")) {
    if (file.path().extension() != ".idx") continue;
    // id, type, size, size in the pack, offset
    const std::string line = run(fmt::format("git -C {} verify-pack -v {} | grep ^{}", git_dir,
                                             file.path().string(), id))
                                 .output;
    unsigned long size = 0, offset = 0;
    if (std::sscanf(line.c_str(), "%*s %*s %*u %lu %lu", &size, &offset) != 2) continue;
    const std::string pack = std::filesystem::path(file.path()).replace_extension(".pack").string();
    std::filesystem::permissions(pack, std::filesystem::perms::owner_write,
                                 std::filesystem::perm_options::add);
    std::fstream stream(pack, std::ios::binary | std::ios::in | std::ios::out);
    const auto at = static_cast<std::streamoff>(offset + size - size / 2);
    stream.seekg(at);
    const char byte = static_cast<char>(stream.get() ^ 0x10);
    stream.seekp(at);
    stream.put(byte);
    if (!stream.flush()) throw std::runtime_error("cannot damage " + pack);
    return;
  }
  throw std::runtime_error("no pack holds " + object);
}

}  // namespace stravinsky::test
