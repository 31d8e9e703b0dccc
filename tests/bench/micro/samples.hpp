#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "objects/object.hpp"

namespace stravinsky::bench {

/// `size` bytes that nothing compresses, the same in every run.
inline std::string random_bytes(std::size_t size, unsigned seed = 1) {
  std::mt19937_64 engine(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(engine());
  return bytes;
}

/// Source text, ours: about as compressible as what is stored. Repeated when it is too short, at a
/// distance that deflate's window does not reach.
inline std::string source_text(std::size_t size) {
  static const std::string all = [] {
    std::vector<std::filesystem::path> files;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(STRAVINSKY_SOURCE_DIR "/store")) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    std::string text;
    for (const auto& file : files) {
      std::ifstream stream(file, std::ios::binary);
      text.append(std::istreambuf_iterator<char>(stream), {});
    }
    return text;
  }();
  std::string text;
  while (text.size() < size) text.append(all, 0, size - text.size());
  return text;
}

inline ObjectId numbered_id(std::uint64_t number) {
  return id_of(ObjectType::Blob, as_bytes(std::to_string(number)));
}

}  // namespace stravinsky::bench
