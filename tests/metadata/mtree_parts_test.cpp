#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/hash.hpp"
#include "metadata/mtree.hpp"

using namespace stravinsky;

namespace {

const std::string kSelf = ". type=dir\n";

/// A text of the entries `<prefix>000000` to `<prefix><count - 1>`.
std::string text_of(std::size_t count, const std::string& prefix = "name ") {
  std::string text = kSelf;
  Entry entry;
  entry.mtime = FileTime{};
  entry.type = EntryType::Fifo;
  Entry self;
  self.name = ".";
  self.type = EntryType::Directory;
  self.has_attributes = false;
  std::vector<Entry> entries(count, entry);
  std::vector<const Entry*> pointers;
  for (std::size_t i = 0; i < count; ++i) {
    entries[i].name = fmt::format("{}{:06}", prefix, i);
    pointers.push_back(&entries[i]);
  }
  text.clear();
  encode_mtree(self, pointers, text);
  return text;
}

std::vector<std::string> parts_of(const std::string& text) {
  const auto starts = mtree_parts(text);
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::size_t end = i + 1 < starts.size() ? starts[i + 1] : text.size();
    parts.push_back(text.substr(starts[i], end - starts[i]));
  }
  return parts;
}

bool ends_part(const std::string& name) {
  const std::string hex = sha256(name).hex().substr(0, 16);
  return std::stoull(hex, nullptr, 16) % 1024 == 0;
}

}  // namespace

TEST_CASE("metadata: 4,096 entries are one part, 4,097 may be several") {
  CHECK(parts_of(text_of(4096)).size() == 1);
  CHECK(parts_of(text_of(4097)).size() > 1);
}

TEST_CASE("metadata: a part ends where the SHA-256 of a raw name is 0 mod 1,024") {
  const std::string text = text_of(9000);
  std::vector<std::size_t> expected{0};
  std::size_t position = kSelf.size();
  for (std::size_t i = 0; i < 9000; ++i) {
    position = text.find('\n', position) + 1;
    if (ends_part(fmt::format("name {:06}", i)) && position < text.size()) {
      expected.push_back(position);
    }
  }
  CHECK(mtree_parts(text) == expected);
  CHECK(expected.size() > 3);

  std::string joined;
  for (const std::string& part : parts_of(text)) joined += part;
  CHECK(joined == text);
}

TEST_CASE("metadata: a part is never empty, even after a last name that ends one") {
  std::size_t last = 4097;
  while (!ends_part(fmt::format("name {:06}", last - 1))) ++last;
  for (const std::string& part : parts_of(text_of(last))) CHECK(!part.empty());
}

TEST_CASE("metadata: one entry more changes at most two parts") {
  const std::string text = text_of(20000);
  const auto before = parts_of(text);
  const std::set<std::string> known(before.begin(), before.end());
  for (const std::size_t after : {0U, 777U, 9999U, 19998U}) {
    for (int suffix = 0; suffix < 2000; suffix += 97) {
      std::size_t position = kSelf.size();
      for (std::size_t i = 0; i <= after; ++i) position = text.find('\n', position) + 1;
      std::string changed = text;
      changed.insert(position, fmt::format("name\\040{:06}+{} type=dir sha256digest={}\n", after,
                                           suffix, std::string(64, '0')));
      std::size_t fresh = 0;
      for (const std::string& part : parts_of(changed)) fresh += known.count(part) == 0 ? 1 : 0;
      CHECK(fresh >= 1);
      CHECK(fresh <= 2);
    }
  }
}

TEST_CASE("metadata: parts of any bytes are pieces of them") {
  CHECK(mtree_parts("") == std::vector<std::size_t>{0});
  const std::string newlines(10000, '\n');
  CHECK(mtree_parts(newlines) == std::vector<std::size_t>{0});
  const std::string noise = text_of(5000).substr(0, 300000) + "\\9 no newline";
  const auto starts = mtree_parts(noise);
  CHECK(std::is_sorted(starts.begin(), starts.end()));
  CHECK(starts.back() < noise.size());
}
