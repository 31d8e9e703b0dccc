#include "metadata/mtree.hpp"

#include <doctest/doctest.h>

#include "support/error_of.hpp"
#include "support/random_entry.hpp"

using namespace stravinsky;
using namespace stravinsky::test;

namespace {

const std::string kZeros(64, '0');
const std::string kSelf = ". type=dir mode=0755 uid=0 gid=0 time=0.000000000\n";

std::string encode(const Entry& self, const std::vector<Entry>& entries) {
  std::string text;
  encode_mtree(self, pointers(entries), text);
  return text;
}

std::string encode(const DirectoryMetadata& metadata) {
  return encode(metadata.self, metadata.entries);
}

std::optional<Errc> error_for(const std::string& text) {
  return error_of([&] { parse_mtree(text); });
}

Entry plain(EntryType type, std::string name) {
  Entry entry;
  entry.type = type;
  entry.name = std::move(name);
  entry.mode = 0644;
  entry.mtime = FileTime{1, 5};
  return entry;
}

}  // namespace

TEST_CASE("metadata: a directory is written as the format page shows it") {
  Entry self = plain(EntryType::Directory, ".");
  self.mode = 02755;
  self.uid = 1000;
  self.gid = 4294967295;
  self.uname = "ig or";
  self.gname = "strav#";
  self.mtime.reset();
  self.flags = inode_flags::kSync | inode_flags::kAppend | 0x80000 /* extents: not kept */;

  Entry file = plain(EntryType::File, "a\n=\\\xC3");
  file.size = 18446744073709551615u;
  file.chunks = 3;
  file.sparse = true;
  file.hardlink = "d/first one";
  file.mtime = FileTime{-9223372036854775807 - 1, 999999999};
  file.xattrs = {{"security.capability", std::string("\0\1", 2)}, {"user.e=", ""}};
  Entry link = plain(EntryType::Symlink, "l");
  link.mode = 0777;
  link.link = "../x y";
  Entry device = plain(EntryType::CharDevice, "null");
  device.device_major = 1;
  device.device_minor = 3;
  Entry directory = plain(EntryType::Directory, "sub");  // all but the digest stands elsewhere

  CHECK(encode(self, {file, link, device, plain(EntryType::Socket, "s"), directory}) ==
        ". type=dir mode=2755 uid=1000 gid=4294967295 uname=ig\\040or gname=strav\\043 "
        "flags=append,sync\n"
        "a\\012\\075\\134\\303 type=file mode=0644 uid=0 gid=0 size=18446744073709551615 "
        "time=-9223372036854775808.999999999 sha256digest=" +
            kZeros +
            " chunks=3 sparse hardlink=d/first\\040one xattr.security.capability=AAE= "
            "xattr.user.e\\075=\n"
            "l type=link mode=0777 uid=0 gid=0 time=1.000000005 link=../x\\040y\n"
            "null type=char mode=0644 uid=0 gid=0 time=1.000000005 device=linux,1,3\n"
            "s type=socket mode=0644 uid=0 gid=0 time=1.000000005\n"
            "sub type=dir sha256digest=" +
            kZeros + "\n");
}

TEST_CASE("metadata: the made-up top of several roots has only a type") {
  Entry top;
  top.name = ".";
  top.type = EntryType::Directory;
  top.has_attributes = false;
  CHECK(encode(top, {}) == ". type=dir\n");
  CHECK(parse_mtree(". type=dir\n").self == top);
}

TEST_CASE("metadata: what was written reads back equal, every byte of every name") {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    RandomEntries random(seed);
    const Entry self = random.self();
    const std::vector<Entry> entries = random.entries(30);
    const std::string text = encode(self, entries);
    const DirectoryMetadata back = parse_mtree(text);
    CHECK(back.self == self);
    CHECK(back.entries == entries);
    CHECK(encode(back) == text);
  }
}

TEST_CASE("metadata: a text has one spelling: a flipped byte is refused or is another directory") {
  RandomEntries random(7);
  const std::string text = encode(random.self(), random.entries(8));
  std::size_t refused = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      std::string changed = text;
      changed[i] = static_cast<char>(byte);
      try {
        const std::string again = encode(parse_mtree(changed));
        if (again != changed) FAIL_CHECK("byte " << i << " as " << byte << " has two spellings");
      } catch (const Error& error) {
        if (error.code() != Errc::Corrupt && error.code() != Errc::Hostile) {
          FAIL_CHECK("byte " << i << " as " << byte << ": " << error.what());
        }
        ++refused;
      }
    }
  }
  CHECK(refused > text.size() * 100);
}

TEST_CASE("metadata: a text cut anywhere within a line is refused") {
  RandomEntries random(11);
  const std::string text = encode(random.self(), random.entries(6));
  for (std::size_t size = 0; size < text.size(); ++size) {
    const bool whole = size > 0 && text[size - 1] == '\n';
    CHECK(error_for(text.substr(0, size)).has_value() != whole);
  }
}

TEST_CASE("metadata: what the writer never writes is refused") {
  const std::string head = " type=fifo mode=0644 uid=0 gid=0 time=0.000000000";
  CHECK(!error_for(kSelf + "a" + head + "\n"));
  for (const std::string& line : {
           "a" + head + " ",                   // a stray space
           "a" + head + " nlink=2",            // a foreign keyword
           "a" + head + " size=3",             // not for this type
           "a" + head + " flags=",             // no flag
           "a" + head + " flags=sync,append",  // order
           "a" + head + " flags=sync,sync",    // twice
           "a" + head + " xattr.b= xattr.a=",  // order
           "a" + head + " xattr.a= xattr.a=",  // twice
           "a" + head + " xattr.=",            // no name
           "a" + head + " xattr.a=AAF=",       // bits no byte takes
           "a" + head + " hardlink=",          // no path
           std::string("a type=fifo mode=644 uid=0 gid=0 time=0.000000000"),
           std::string("a type=fifo mode=00644 uid=0 gid=0 time=0.000000000"),
           std::string("a type=fifo mode=0648 uid=0 gid=0 time=0.000000000"),
           std::string("a type=fifo mode=0644 uid=00 gid=0 time=0.000000000"),
           std::string("a type=fifo mode=0644 uid=4294967296 gid=0 time=0.000000000"),
           std::string("a type=fifo mode=0644 uid=-1 gid=0 time=0.000000000"),
           std::string("a type=fifo mode=0644 uid=0 gid=0 uname= time=0.000000000"),
           std::string("a type=fifo mode=0644 gid=0 uid=0 time=0.000000000"),
           std::string("a type=fifo mode=0644 uid=0 gid=0"),  // only directories go without a time
           std::string("a type=fifo mode=0644 uid=0 gid=0 time=0.00000000"),
           std::string("a type=fifo mode=0644 uid=0 gid=0 time=-0.000000000"),
           std::string("a type=fifo mode=0644 uid=0 gid=0 time=+1.000000000"),
           std::string("a type=fifo mode=0644 uid=0 gid=0 time=9223372036854775808.000000000"),
           std::string("a type=char mode=0644 uid=0 gid=0 time=0.000000000"),
           std::string("a type=char mode=0644 uid=0 gid=0 time=0.000000000 device=linux,1"),
           std::string("a type=char mode=0644 uid=0 gid=0 time=0.000000000 device=bsd,1,2"),
           std::string("a type=door mode=0644 uid=0 gid=0 time=0.000000000"),
           std::string("a type=dir"),
           "a type=dir sha256digest=" + std::string(64, 'A'),
           "a type=dir sha256digest=" + kZeros + " mode=0755",
           "\\141 type=dir sha256digest=" + kZeros,  // a letter stands for itself
           "\\12 type=dir sha256digest=" + kZeros,
           "\\777 type=dir sha256digest=" + kZeros,
       }) {
    CAPTURE(line);
    CHECK(error_for(kSelf + line + "\n") == Errc::Corrupt);
  }
  CHECK(error_for("") == Errc::Corrupt);
  CHECK(error_for("\n") == Errc::Corrupt);
  CHECK(error_for("a" + head + "\n") == Errc::Corrupt);  // no line of its own
  CHECK(error_for(kSelf + kSelf) == Errc::Hostile);      // "." as an entry
  CHECK(error_for(kSelf + "b" + head + "\na" + head + "\n") == Errc::Corrupt);
}

TEST_CASE("metadata: names that no directory can hold are hostile") {
  const std::string rest = " type=dir sha256digest=" + kZeros + "\n";
  for (const std::string name : {"", ".", "..", "a/b", "/", "\\000", "a\\000b"}) {
    CAPTURE(name);
    CHECK(error_for(kSelf + name + rest) == Errc::Hostile);
  }
  CHECK(!error_for(kSelf + std::string(4096, 'a') + rest));
  CHECK(error_for(kSelf + std::string(4097, 'a') + rest) == Errc::Hostile);
  CHECK(error_for(kSelf + "a" + rest + "a" + rest) == Errc::Hostile);

  const std::string fifo = "a type=fifo mode=0644 uid=0 gid=0 time=0.000000000 hardlink=";
  for (const std::string path : {"/a", "a/", "a//b", "../a", "a/../b", "./a", "a/\\000"}) {
    CAPTURE(path);
    CHECK(error_for(kSelf + fifo + path + "\n") == Errc::Hostile);
  }
  CHECK(!error_for(kSelf + fifo + "a/b/c\n"));
}

TEST_CASE("metadata: an error names the line and shows little of it") {
  const std::string good = "a type=fifo mode=0644 uid=0 gid=0 time=0.000000000\n";
  try {
    parse_mtree(kSelf + good + "b type=" + std::string(1 << 20, '\n' + 1) + "\n");
    FAIL("not refused");
  } catch (const Error& error) {
    const std::string_view text = error.what();
    CHECK(text.starts_with("cannot read metadata line 3: type '"));
    CHECK(text.size() < 2000);
  }
}
