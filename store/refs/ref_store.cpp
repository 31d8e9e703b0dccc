#include "refs/ref_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "fs/file.hpp"
#include "fs/walk_files.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

constexpr std::size_t kMostRefs = 100'000;
constexpr std::uint64_t kLargestPackedRefs = std::uint64_t{64} << 20;
/// Bytes of a line of `packed-refs`, or less.
constexpr std::size_t kUsualLine = 64;
/// Bytes that are hashed at once: the lines of ten thousand refs in a row would be new pages each
/// time, which cost as much as the hash.
constexpr std::size_t kPiece = 16 * 1024;

Error bad_ref(std::string_view name, std::string_view reason) {
  return Error(
      Errc::Corrupt, fmt::format("cannot read the ref {}", quoted(name)), std::string(reason),
      "remove that file from the git directory; the audit chain knows where its refs were: "
      "stravinsky audit restore-refs latest");
}

bool is_covered(std::string_view name) {
  if (name == kAuditRef) return false;
  return name.starts_with("refs/heads/") || name.starts_with("refs/tags/") ||
         name.starts_with("refs/stravinsky/");
}

/// The id in a loose ref's file; empty for a symbolic ref such as `refs/remotes/origin/HEAD`. One
/// that events tell of is never symbolic: git would follow it, and read another commit than we do.
std::optional<ObjectId> parse_loose(std::string_view text, std::string_view name) {
  if (text.starts_with("ref:")) {
    if (is_covered(name) || name == kAuditRef) throw bad_ref(name, "it is symbolic");
    return std::nullopt;
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  const std::optional<ObjectId> id = ObjectId::from_hex(text);
  if (!id) throw bad_ref(name, text.empty() ? "its file is empty" : "its file holds no object id");
  return id;
}

bool is_same(const std::optional<struct stat>& a, const std::optional<struct stat>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  const auto same = [](const timespec& x, const timespec& y) {
    return x.tv_sec == y.tv_sec && x.tv_nsec == y.tv_nsec;
  };
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
         same(a->st_mtim, b->st_mtim) && same(a->st_ctim, b->st_ctim);
}

/// Bytes of a ref's line.
std::size_t line_size(std::string_view name) { return 2 * ObjectId::kSize + 1 + name.size() + 1; }

/// @returns behind the line
char* write_line(char* to, std::string_view name, const ObjectId& id) {
  to = id.write_hex(to);
  *to++ = ' ';
  to = std::copy(name.begin(), name.end(), to);
  *to++ = '\n';
  return to;
}

void require_few(const RefMap& refs) {
  if (refs.size() > kMostRefs) {
    throw Error(Errc::Corrupt, "cannot read the refs",
                fmt::format("there are more than {}", kMostRefs));
  }
}

}  // namespace

struct RefStore::Packed {
  std::mutex mutex;
  std::optional<struct stat> status;
  bool settled = false;
  std::shared_ptr<const RefMap> refs;
  std::string bad_line;  ///< the first; empty: none
};

RefStore::RefStore(std::string git_dir)
    : git_dir_(std::move(git_dir)), packed_(std::make_unique<Packed>()) {}

RefStore::~RefStore() = default;

std::optional<ObjectId> RefStore::find(const RefName& name) const {
  const std::string path = path_of(name);
  // A directory or a link in the place of the file means that there is no such loose ref.
  if (const auto status = fs::find_stat(path); status && S_ISREG(status->st_mode)) {
    if (const auto text = fs::find_beginning(path, 4096)) return parse_loose(*text, name.str());
  }
  std::vector<std::string> bad;  // a bad line keeps nobody from the others
  const auto packed = list_packed(&bad);
  const auto found = packed->find(name.str());
  if (found == packed->end()) return std::nullopt;
  return found->second;
}

RefMap RefStore::list(std::vector<std::string>* bad) const {
  // Loose first: a ref that is packed between the two reads is then met twice rather than missed.
  const RefMap loose = list_loose(bad);
  RefMap refs = loose.over(*list_packed(bad));
  require_few(refs);
  return refs;
}

RefMap RefStore::list_loose(std::vector<std::string>* bad) const {
  RefMap refs;
  std::vector<std::string> links;
  std::vector<std::string> files = fs::list_files_below(git_dir_ + "/refs", &links);
  std::sort(files.begin(), files.end());
  for (const std::string& link : links) {
    // Whoever follows it writes somewhere else.
    if (bad == nullptr) throw bad_ref("refs/" + link, "it is a symlink");
    bad->push_back("refs/" + link);
  }
  for (const std::string& file : files) {
    const std::string name = "refs/" + file;
    if (name.ends_with(".lock") || !RefName::is_valid(name)) continue;
    const auto text = fs::find_beginning(git_dir_ + "/" + name, 4096);
    if (!text) continue;  // deleted or packed since it was listed
    try {
      if (const auto id = parse_loose(*text, name)) refs.emplace(name, *id);
    } catch (const Error&) {
      if (bad == nullptr) throw;
      bad->push_back(name);
    }
    require_few(refs);
  }
  return refs;
}

std::size_t RefStore::count_loose_tags() const {
  const std::vector<std::string> files = fs::list_files_below(git_dir_ + "/refs/tags");
  return static_cast<std::size_t>(
      std::count_if(files.begin(), files.end(), [](const std::string& file) {
        return !file.ends_with(".lock") && RefName::is_valid("refs/tags/" + file);
      }));
}

std::shared_ptr<const RefMap> RefStore::list_packed(std::vector<std::string>* bad) const {
  const std::string path = git_dir_ + "/packed-refs";
  const std::lock_guard guard(packed_->mutex);
  // Whoever changes the file renames another into its place. Looked at before it is read: a file
  // that comes in between is read, and not believed the next time; nor is one so young that another
  // could come with the same stamps.
  const auto status = fs::find_target_stat(path);
  if (packed_->refs == nullptr || !packed_->settled || !is_same(packed_->status, status)) {
    const bool settled = !status || fs::is_settled(*status);
    packed_->refs = nullptr;
    packed_->bad_line.clear();
    packed_->refs =
        std::make_shared<const RefMap>(status ? read_packed(path, packed_->bad_line) : RefMap());
    packed_->status = status;
    packed_->settled = settled;
  }
  if (!packed_->bad_line.empty()) {
    if (bad == nullptr) {
      throw bad_ref("packed-refs", fmt::format("bad line {}", quoted(packed_->bad_line)));
    }
    bad->push_back("packed-refs");
  }
  return packed_->refs;
}

RefMap RefStore::read_packed(const std::string& path, std::string& bad_line) {
  RefMap refs;
  const auto text = fs::find_file(path, kLargestPackedRefs);
  if (!text) return refs;
  refs.reserve(std::min(kMostRefs, text->size() / kUsualLine));
  std::string_view rest = *text, before;
  bool is_said_sorted = false, is_sorted = true;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.starts_with("# pack-refs with:")) is_said_sorted = line.find(" sorted") != line.npos;
    if (line.empty() || line.front() == '#' || line.front() == '^') continue;
    const auto id = ObjectId::from_hex(line.substr(0, 40));
    if (!id || line.size() < 42 || line[40] != ' ' || !RefName::is_valid(line.substr(41))) {
      if (bad_line.empty()) bad_line = line;
      continue;
    }
    // Of a name that stands twice, or not where the header says that it must, git may take another
    // line than we do, or none.
    const std::string_view name = line.substr(41);
    if (const int order = name.compare(before); order <= 0) {
      if ((order == 0 || is_said_sorted) && bad_line.empty()) bad_line = line;
      is_sorted = false;
    }
    before = name;
    refs.append(name, *id);
    require_few(refs);
  }
  if (!is_sorted) refs.sort();
  return refs;
}

std::string lines_of(const RefMap& refs) {
  std::string lines;
  for (const auto& [name, id] : refs) {
    if (!is_covered(name)) continue;
    lines.resize(lines.size() + line_size(name));
    write_line(lines.data() + lines.size() - line_size(name), name, id);
  }
  return lines;
}

Sha256 digest_of(const RefMap& refs) {
  Sha256Hasher hasher;
  std::string piece(kPiece, '\0');
  std::size_t used = 0;
  for (const auto& [name, id] : refs) {
    if (!is_covered(name)) continue;
    const std::size_t size = line_size(name);
    if (size > piece.size() - used) {
      hasher.update(std::string_view(piece).substr(0, std::exchange(used, 0)));
      if (size > piece.size()) piece.resize(size);
    }
    write_line(piece.data() + used, name, id);
    used += size;
  }
  return hasher.update(std::string_view(piece).substr(0, used)).finish();
}

RefMap covered_by_events(RefMap refs) {
  refs.erase_if([](const auto& ref) { return !is_covered(ref.first); });
  return refs;
}

}  // namespace stravinsky
