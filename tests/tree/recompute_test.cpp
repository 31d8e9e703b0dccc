// tests/conformance/recompute.py knows the format from its page alone. It must agree with what is
// written here, and must see what is wrong where something is.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "fs/file.hpp"
#include "fs/list_directory.hpp"
#include "support/source_dir.hpp"
#include "tree/chunk_queue.hpp"
#include "tree/stored_tree.hpp"

using namespace stravinsky;
using namespace stravinsky::test;

namespace {

const std::string kScript = "python3 " + source_dir() + "/tests/conformance/recompute.py ";

struct Claims {
  std::uint64_t entries = 0, bytes = 0;
  std::string digest;  ///< other than the true one
};

/// Makes a snapshot of a stored top directory: what the page asks for, unsigned.
void tag_snapshot(TreeStore& t, const StoredDirectory& top, const Claims& claims,
                  const std::string& name) {
  const std::string manifest = "{\n  \"format\": 1,\n  \"losses\": []\n}\n";
  std::vector<TreeEntry> entries;
  if (top.tree != kEmptyTree) {
    t.publish();
    entries = parse_tree(t.database.read(top.tree).bytes, top.tree);
  }
  entries.push_back({GitMode::Tree, ".stravinsky",
                     t.tree({{GitMode::File, "snapshot.json", t.blob(manifest)},
                             {GitMode::Tree, "meta", top.meta}})});
  const ObjectId tree = t.tree(entries);
  t.publish();
  write_file(t.dir / "message",
             fmt::format("a snapshot\n\nProfile: p\nContent-SHA256: {}\nManifest-SHA256: {}\n"
                         "Entries: {}\nBytes: {}\nLosses: 0\n",
                         claims.digest.empty() ? top.digest.hex() : claims.digest,
                         sha256(manifest).hex(), claims.entries, claims.bytes));
  t.git("update-ref refs/tags/p/" + name + " $(git -C " + t.dir.path() +
        " -c user.name=n -c user.email=e commit-tree -F " + (t.dir / "message") + " " + tree.hex() +
        ")");
}

Ran recompute(const TreeStore& t, const std::string& arguments = "") {
  return run(kScript + t.dir.path() + " " + arguments);
}

/// A snapshot of one file, `name`, whose metadata a test may falsify first.
template <typename Change>
Ran recompute_changed(Change&& change) {
  TreeStore t;
  Directory top{self_entry(), {file_node(t, "name", "content")}};
  Claims claims{1, 7, {}};
  change(t, top, claims);
  tag_snapshot(t, write_directory(*t.writer, top, Position::Top), claims, "x");
  return recompute(t);
}

bool finds(const Ran& ran, const std::string& text) {
  CAPTURE(ran.output);
  CHECK(ran.status == 1);
  const bool found = ran.output.find(text) != std::string::npos;
  CHECK(found);
  return found;
}

/// The simplest scan there is: stat, read, write. One file at a time, small trees only.
class PlainScan {
 public:
  explicit PlainScan(TreeStore& t) : t_(t) {}

  std::uint64_t entries = 0, bytes = 0;

  StoredDirectory store(const std::string& path, const std::string& relative, Position position) {
    Directory directory{entry(path, "."), {}};
    auto listed = fs::list_directory(path);
    std::sort(listed.begin(), listed.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    for (const auto& [name, type, inode] : listed) {
      directory.nodes.push_back(node(path + "/" + name, relative + name, name));
      ++entries;
    }
    return write_directory(*t_.writer, directory, position);
  }

 private:
  Entry entry(const std::string& path, const std::string& name) {
    struct stat status {};
    REQUIRE(lstat(path.c_str(), &status) == 0);
    Entry entry;
    entry.name = name;
    entry.type = S_ISDIR(status.st_mode)    ? EntryType::Directory
                 : S_ISLNK(status.st_mode)  ? EntryType::Symlink
                 : S_ISFIFO(status.st_mode) ? EntryType::Fifo
                                            : EntryType::File;
    entry.mode = status.st_mode & 07777;
    entry.uid = status.st_uid;
    entry.gid = status.st_gid;
    entry.mtime =
        FileTime{status.st_mtim.tv_sec, static_cast<std::uint32_t>(status.st_mtim.tv_nsec)};
    std::string names(4096, '\0'), value(4096, '\0');
    const ssize_t length = llistxattr(path.c_str(), names.data(), names.size());
    for (std::size_t at = 0; length > 0 && at < static_cast<std::size_t>(length);) {
      const std::string attribute = names.c_str() + at;
      const ssize_t size = lgetxattr(path.c_str(), attribute.c_str(), value.data(), value.size());
      REQUIRE(size >= 0);
      entry.xattrs.emplace_back(attribute, value.substr(0, static_cast<std::size_t>(size)));
      at += attribute.size() + 1;
    }
    std::sort(entry.xattrs.begin(), entry.xattrs.end());
    return entry;
  }

  Node node(const std::string& path, const std::string& relative, const std::string& name) {
    Node node{entry(path, name), {}, {}};
    if (node.entry.type == EntryType::Directory) {
      node.directory = store(path, relative + "/", Position::Below);
      node.entry.digest = node.directory.digest;
    } else if (node.entry.type == EntryType::Symlink) {
      node.entry.link = std::filesystem::read_symlink(path).string();
      node.content = t_.blob(node.entry.link);
    } else if (node.entry.type == EntryType::File) {
      const Node file = file_node(t_, name, fs::read_file(path));
      node.content = file.content;
      node.entry.size = file.entry.size;
      node.entry.digest = file.entry.digest;
      bytes += file.entry.size;
      const auto inode = fs::find_stat(path)->st_ino;
      const auto [first, is_first] = first_.try_emplace(inode, relative);
      if (!is_first) node.entry.hardlink = first->second;
    }
    return node;
  }

  TreeStore& t_;
  std::map<ino_t, std::string> first_;
};

}  // namespace

TEST_CASE("tree: a program written from the page recomputes every digest") {
  TreeStore t;
  const StoredDirectory empty = write_directory(*t.writer, {self_entry(), {}}, Position::Below);
  Directory below{self_entry(), {file_node(t, "x", "x", 0700)}};
  const StoredDirectory full = write_directory(*t.writer, below, Position::Below);
  Directory large{self_entry(), {}};
  for (int i = 0; i < 5000; ++i) {
    large.nodes.push_back({entry_of(fmt::format("{:06}", i), EntryType::Fifo), {}, {}});
  }
  const StoredDirectory parts = write_directory(*t.writer, large, Position::Below);

  Directory top{self_entry(), {}};
  top.nodes.push_back(link_node(t, "\xFF", "\n target"));
  top.nodes.push_back(directory_node("%25", full));
  top.nodes.push_back(directory_node(".git", full));
  top.nodes.push_back(directory_node(".g\xE2\x80\x8Cit", empty));
  top.nodes.push_back(file_node(t, ".gitmodule\xC5\xBF", "[core]"));
  top.nodes.push_back(link_node(t, ".mailmap", "x"));
  top.nodes.push_back(directory_node(".stravinsky", full));
  top.nodes.push_back(directory_node("parts", parts));
  top.nodes.push_back(file_node(t, "a\\.git\\%", "1"));
  top.nodes.push_back(file_node(t, "gi7eba~1", ""));
  const std::string content = random_bytes(5 << 20, 1) + std::string(9 << 20, '\0');
  HelperThreads workers;
  ChunkedWriter chunked(*t.writer, workers);
  chunked.append(as_bytes(content));
  Node big{entry_of("big", EntryType::File), {}, {}};
  const StoredContent stored = chunked.finish();
  big.content = stored.id;
  big.entry.chunks = stored.chunks;
  big.entry.size = content.size();
  big.entry.digest = sha256(content);
  top.nodes.push_back(big);
  ChunkTree tree(*t.writer);
  std::string digits;
  for (int i = 0; i < 5000; ++i) {
    tree.add(store_chunk(*t.writer, as_bytes(std::to_string(i))));
    digits += std::to_string(i);
  }
  const StoredContent fanned = tree.finish();
  Node many{entry_of("many", EntryType::File), fanned.id, {}};
  many.entry.chunks = fanned.chunks;
  many.entry.size = digits.size();
  many.entry.digest = sha256(digits);
  top.nodes.push_back(many);
  Node linked = file_node(t, "z", "1");
  linked.entry.hardlink = "a\\.git\\%";
  top.nodes.push_back(linked);
  std::sort(top.nodes.begin(), top.nodes.end(),
            [](const Node& a, const Node& b) { return a.entry.name < b.entry.name; });

  const Claims claims{
      top.nodes.size() + 3 + 5000, 3 + 6 + 1 + 1 + content.size() + digits.size(), {}};
  tag_snapshot(t, write_directory(*t.writer, top, Position::Top), claims, "all");
  tag_snapshot(t, write_directory(*t.writer, {self_entry(), {}}, Position::Top), {}, "none");
  Entry made_up;
  made_up.name = ".";
  made_up.type = EntryType::Directory;
  made_up.has_attributes = false;
  tag_snapshot(t,
               write_directory(*t.writer, {made_up, {directory_node("root", full)}}, Position::Top),
               {1, 1, {}}, "roots");

  const Ran ran = recompute(t);
  CHECK(ran.output == fmt::format("ok refs/tags/p/all entries={}\nok refs/tags/p/none entries=0\n"
                                  "ok refs/tags/p/roots entries=1\n",
                                  claims.entries));
  CHECK(ran.status == 0);
  CHECK(t.git("fsck --strict --no-dangling 2>&1 | sed '/^notice: /d'") == "");
}

TEST_CASE("tree: the program written from the page sees what is wrong") {
  const auto good = recompute_changed([](TreeStore&, Directory&, Claims&) {});
  CHECK(good.output == "ok refs/tags/p/x entries=1\n");
  CHECK(good.status == 0);

  finds(recompute_changed([](TreeStore&, Directory&, Claims& claims) { claims.entries = 2; }),
        "the trailer Entries tells 2 and not 1");
  finds(recompute_changed([](TreeStore&, Directory&, Claims& claims) { claims.bytes = 8; }),
        "the trailer Bytes tells 8 and not 7");
  finds(recompute_changed(
            [](TreeStore&, Directory&, Claims& claims) { claims.digest = std::string(64, 'a'); }),
        "the metadata has another SHA-256");
  finds(recompute_changed([](TreeStore& t, Directory& top, Claims&) {
          top.nodes[0].content = t.blob("Content");
        }),
        "name: it has another SHA-256");
  finds(recompute_changed([](TreeStore& t, Directory& top, Claims&) {
          top.nodes[0].content = t.blob("content ");
        }),
        "name: it has 8 bytes and not 7");
  finds(recompute_changed([](TreeStore& t, Directory& top, Claims&) {
          Node link = link_node(t, "z", "there");
          link.content = t.blob("elsewhere");
          top.nodes.push_back(link);
        }),
        "z: the blob holds another target");
  finds(recompute_changed([](TreeStore& t, Directory& top, Claims&) {
          Node link = file_node(t, "z", "Content");
          link.entry.hardlink = "name";
          top.nodes.push_back(link);
        }),
        "z: it differs from name, the first of its group");
  finds(recompute_changed([](TreeStore& t, Directory& top, Claims&) {
          top.nodes[0].entry.chunks = 1;
          top.nodes[0].content = t.tree({{GitMode::File, chunk_name(1), t.blob("content")}});
        }),
        "name: chunk 0000000000000001");
}

TEST_CASE("tree: the program written from the page sees trees that the metadata does not know") {
  const auto recompute_with = [](std::vector<TreeEntry> (*content)(TreeStore&, const Node&)) {
    TreeStore t;
    const Directory top{self_entry(), {file_node(t, "name", "content")}};
    StoredDirectory stored = write_directory(*t.writer, top, Position::Top);
    stored.tree = t.tree(content(t, top.nodes[0]));
    tag_snapshot(t, stored, {1, 7, {}}, "x");
    return recompute(t);
  };
  finds(recompute_with([](TreeStore&, const Node& node) {
          return std::vector<TreeEntry>{{GitMode::Executable, "name", node.content}};
        }),
        "name: its mode in the tree is 100755 and not 100644");
  finds(recompute_with([](TreeStore&, const Node& node) {
          return std::vector<TreeEntry>{{GitMode::File, "%6Eame", node.content}};
        }),
        "name: its content is missing");
  finds(recompute_with([](TreeStore& t, const Node& node) {
          return std::vector<TreeEntry>{{GitMode::File, "name", node.content},
                                        {GitMode::File, "surplus", t.blob("s")}};
        }),
        "surplus: is stored, but the metadata knows nothing of it");
}

TEST_CASE("tree: the attributes of a snapshot are those of the live tree, line for line") {
  TreeStore t;
  TempDir live;
  output_of("cd " + live.path() +
            " && mkdir -p sub/.git 'odd %' && chmod 1751 sub && printf content > sub/file" +
            " && ln sub/file sub/.git/link && ln sub/file zlast && ln -s 'to where' 'odd %/l'" +
            " && mkfifo fifo && printf x > \"$(printf 'n\\nl\\377')\" && chmod 4755 zlast" +
            " && touch -d '1960-01-02 03:04:05.25' fifo && touch -d '@4294967296.5' sub/file");
  // Not every filesystem has them; where it does they must agree.
  setxattr((live / "zlast").c_str(), "user.test", "\0\xFF=", 3, 0);

  PlainScan scan(t);
  const StoredDirectory stored = scan.store(live.path(), "", Position::Top);
  tag_snapshot(t, stored, {scan.entries, scan.bytes, {}}, "x");
  CHECK(recompute(t).output == "ok refs/tags/p/x entries=9\n");
  const std::string of_snapshot = output_of(kScript + t.dir.path() + " --attributes refs/tags/p/x");
  CHECK(of_snapshot == output_of(kScript + "--live " + live.path()));
  CHECK(of_snapshot.find("\nzlast type=file mode=4755 ") != std::string::npos);
  CHECK(of_snapshot.find(" hardlink=sub/.git/link") != std::string::npos);
  CHECK(of_snapshot.find("\nn\\012l\\377 type=file ") != std::string::npos);

  write_file(live / "sub/file", "another");
  CHECK(of_snapshot != output_of(kScript + "--live " + live.path()));
}

TEST_CASE("tree: a live tree deeper than any path can name is listed to its end") {
  TempDir live;
  int current = open(live.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (int i = 0; i < 900; ++i) {
    REQUIRE(mkdirat(current, "deep", 0700) == 0);
    const int next = openat(current, "deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    close(current);
    current = next;
  }
  close(current);
  CHECK(output_of(kScript + "--live " + live.path() + " | wc -l") == "901\n");
}
