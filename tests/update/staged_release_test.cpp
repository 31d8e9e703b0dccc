#include "update/staged_release.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <optional>

#include "stravinsky/error.hpp"
#include "support/error_of.hpp"
#include "support/temp_dir.hpp"

using namespace stravinsky;
using namespace stravinsky::hooks;

namespace {

class ReleaseCase {
 public:
  /// A tar archive made by Python. @param body  adds to `t`, with `add(name, type, link, bytes)`
  std::string archive(const std::string& body, const std::string& mode = "w") {
    std::string path = dir / "release.tar";
    test::write_file(dir / "make.py",
                     "import io, sys, tarfile\n"
                     "t = tarfile.open(sys.argv[1], sys.argv[2], format=tarfile.PAX_FORMAT)\n"
                     "def add(name, type=tarfile.REGTYPE, link='', data=b'', mode=0o644):\n"
                     "    i = tarfile.TarInfo(name)\n"
                     "    i.type, i.linkname, i.size, i.mode = type, link, len(data), mode\n"
                     "    t.addfile(i, io.BytesIO(data))\n" +
                         body + "\nt.close()\n");
    test::output_of(fmt::format("python3 '{}' '{}' {}", dir / "make.py", path, mode));
    return path;
  }
  /// The code of the error, empty when it was staged.
  std::optional<Errc> stage(const std::string& path, const ReleaseLimits& limits = {}) {
    test::output_of(fmt::format("rm -rf '{}'", dir / "staging"));
    return test::error_of([&] { count = stage_archive(path, dir / "staging", limits); });
  }
  std::string listed() const {
    return test::output_of(fmt::format(
        "cd '{}' && find . -mindepth 1 -printf '%P %y %m %l\\n' | LC_ALL=C sort", dir / "staging"));
  }

  test::TempDir dir;
  std::uint64_t count = 0;
};

}  // namespace

TEST_CASE_FIXTURE(ReleaseCase, "update: archives are unpacked, plain and compressed") {
  const std::string body =
      "add('./hooks/', tarfile.DIRTYPE, mode=0o700)\n"
      "add('./hooks/a.sh', data=b'#!/bin/sh\\n', mode=0o4711)\n"
      "add('deep/er/file', data=b'x' * 200000)\n"
      "add('link', tarfile.SYMTYPE, 'hooks/a.sh')\n"
      "add('deep/up', tarfile.SYMTYPE, '../hooks')\n";
  const std::string expected =
      "deep d 755 \ndeep/er d 755 \ndeep/er/file f 644 \ndeep/up l 777 ../hooks\nhooks d 755 \n"
      "hooks/a.sh f 755 \nlink l 777 hooks/a.sh\n";
  CHECK(stage(archive(body)) == std::nullopt);
  CHECK(listed() == expected);
  CHECK(count == 4);
  CHECK(stage(archive(body, "w:gz")) == std::nullopt);
  CHECK(listed() == expected);
  test::output_of(fmt::format("zstd -q -f '{0}' -o '{0}.zst'", archive(body)));
  CHECK(stage(dir / "release.tar.zst") == std::nullopt);
  CHECK(listed() == expected);
}

TEST_CASE_FIXTURE(ReleaseCase,
                  "update: a hostile archive is refused, and nothing outside is touched") {
  test::write_file(dir / "outside", "mine");
  for (const char* body : {
           "add('/etc/x')",
           "add('../outside', data=b'theirs')",
           "add('a/../../outside', data=b'theirs')",
           "add('link', tarfile.SYMTYPE, '..'); add('link/outside', data=b'theirs')",
           "add('link', tarfile.SYMTYPE, '/etc/passwd')",
           "add('a/link', tarfile.SYMTYPE, '../../outside')",
           "add('dot', tarfile.SYMTYPE, '.'); add('t', tarfile.SYMTYPE, 'dot/../outside')",
           "add('inside', tarfile.SYMTYPE, 'd'); add('inside/x')",
           "add('f'); add('f/below')",
           "add('hard', tarfile.LNKTYPE, '../outside')",
           "add('f'); add('hard', tarfile.LNKTYPE, 'f')",
           "add('fifo', tarfile.FIFOTYPE)",
           "add('dev', tarfile.CHRTYPE)",
           "add('twice'); add('./twice')",
           "add('d', tarfile.DIRTYPE); add('d', tarfile.SYMTYPE, 'e')",
           "add('/'.join(['d'] * 65))",
           "add('n' * 256)",
       }) {
    CAPTURE(body);
    CHECK(stage(archive(body)) == Errc::Hostile);
    CHECK(test::output_of("cat '" + (dir / "outside") + "'") == "mine");
  }
}

TEST_CASE_FIXTURE(ReleaseCase, "update: bombs are refused before they fill the disk") {
  ReleaseLimits limits;
  limits.bytes = 1'000'000;
  limits.files = 1000;
  const std::string large = archive("add('zeros', data=bytes(50_000_000))", "w:gz");
  CHECK(stage(large, limits) == Errc::Hostile);
  CHECK(test::output_of("du -sk '" + (dir / "staging") + "' | cut -f1").size() <= 5);
  CHECK(stage(archive("for n in range(1001): add(f'f{n}')"), limits) == Errc::Hostile);
}

TEST_CASE_FIXTURE(ReleaseCase, "update: what is no archive, or was cut off, is damaged") {
  test::write_file(dir / "text", std::string(5000, 'x'));
  CHECK(stage(dir / "text") == Errc::Corrupt);
  CHECK(stage(dir / "none") == Errc::NotFound);
  const std::string whole = archive(
      "import os\nadd('a', data=os.urandom(100000))\nadd('b', data=os.urandom(100000))", "w:gz");
  test::output_of(fmt::format("truncate -s 150000 '{}'", whole));
  CHECK(stage(whole) == Errc::Corrupt);
}

TEST_CASE_FIXTURE(ReleaseCase, "update: an archive that was cut off between entries is damaged") {
  // Each entry is a block of header and a block of content.
  const std::string body = "add('a', data=b'a' * 512)\nadd('b', data=b'b' * 512)";
  const auto cut = [&](std::size_t size) {
    std::string path = archive(body);
    test::output_of(fmt::format("truncate -s {} '{}'", size, path));
    return path;
  };
  CHECK(stage(archive(body)) == std::nullopt);
  CHECK(stage(cut(3072)) == std::nullopt);  // two blocks of zeros, and no more
  CHECK(stage(cut(2560)) == Errc::Corrupt);
  CHECK(stage(cut(2048)) == Errc::Corrupt);
  CHECK(stage(cut(1024)) == Errc::Corrupt);
  CHECK(stage(cut(0)) == Errc::Corrupt);
  for (const char* compress : {"gzip -c '{0}' > '{0}.z'", "zstd -qf '{0}' -o '{0}.z'"}) {
    CAPTURE(compress);
    const std::string path = cut(2048);
    test::output_of(fmt::format(fmt::runtime(compress), path));
    CHECK(stage(path + ".z") == Errc::Corrupt);
  }
  // A header of its own for a long name, and nothing after it.
  const std::string path = archive("add('n' * 200)");
  test::output_of(fmt::format("truncate -s 1024 '{}'", path));
  CHECK(stage(path) == Errc::Corrupt);
  // A second archive behind the first would be left out in silence.
  const std::string first = archive(body);
  test::output_of(fmt::format("cat '{0}' '{0}' > '{0}.two'", first));
  CHECK(stage(first + ".two") == Errc::Corrupt);
}

TEST_CASE_FIXTURE(ReleaseCase, "update: one changed bit of a compressed archive is found") {
  // Stored blocks: the bit changes content and nothing of the compression.
  const std::string plain = archive("add('a', data=b'A' * 3000)");
  test::output_of(
      fmt::format("python3 -c \"import gzip,sys; d=open(sys.argv[1],'rb').read(); "
                  "z=bytearray(gzip.compress(d,0)); open(sys.argv[1]+'.gz','wb').write(z); "
                  "z[z.index(b'AAAA')+9]^=1; open(sys.argv[1]+'.bad.gz','wb').write(z); "
                  "open(sys.argv[1]+'.cut.gz','wb').write(gzip.compress(d)[:-4])\" '{}'",
                  plain));
  CHECK(stage(plain + ".gz") == std::nullopt);
  CHECK(stage(plain + ".bad.gz") == Errc::Corrupt);
  CHECK(stage(plain + ".cut.gz") == Errc::Corrupt);
  // Noise is stored by zstd as it is; its checksum stands behind it.
  const std::string noise =
      archive("import random; add('a', data=random.Random(1).randbytes(9000))");
  test::output_of(
      fmt::format("zstd -qf '{0}' -o '{0}.zst' && python3 -c \"import sys; "
                  "z=bytearray(open(sys.argv[1],'rb').read()); z[len(z)//2]^=1; "
                  "open(sys.argv[1]+'.bad','wb').write(z); "
                  "open(sys.argv[1]+'.cut','wb').write(z[:-2])\" '{0}.zst'",
                  noise));
  CHECK(stage(noise + ".zst") == std::nullopt);
  CHECK(stage(noise + ".zst.bad") == Errc::Corrupt);
  CHECK(stage(noise + ".zst.cut") == Errc::Corrupt);
}

TEST_CASE_FIXTURE(ReleaseCase, "update: gzip in several members, and padded, is one archive") {
  const std::string plain = archive("add('a', data=b'A' * 90000)");
  test::output_of(
      fmt::format("python3 -c \"import gzip,sys; d=open(sys.argv[1],'rb').read(); "
                  "z=gzip.compress(d[:70000])+gzip.compress(d[70000:]); "
                  "open(sys.argv[1]+'.gz','wb').write(z+bytes(70000)); "
                  "open(sys.argv[1]+'.cut.gz','wb').write(z[:-9])\" '{}'",
                  plain));
  CHECK(stage(plain + ".gz") == std::nullopt);
  CHECK(stage(plain + ".cut.gz") == Errc::Corrupt);
}

TEST_CASE_FIXTURE(ReleaseCase, "update: names are bytes, in whatever charset") {
  // Composed and not: two files; one not of UTF-8 at all, as surrogates in Python.
  const std::string path = archive(
      "add('caf\\u00e9'); add('cafe\\u0301', data=b'x'); add('d/\\u540d\\u524d/f')\n"
      "add('l', tarfile.SYMTYPE, 'caf\\u00e9'); add('latin\\udce9')");
  CHECK(stage(path) == std::nullopt);
  CHECK(listed() ==
        "cafe\xCC\x81 f 644 \ncaf\xC3\xA9 f 644 \nd d 755 \nd/\xE5\x90\x8D\xE5\x89\x8D d 755 \n"
        "d/\xE5\x90\x8D\xE5\x89\x8D/f f 644 \nl l 777 caf\xC3\xA9\nlatin\xE9 f 644 \n");
}

TEST_CASE_FIXTURE(ReleaseCase, "update: a release is the same under any umask") {
  const std::string path =
      archive("add('deep/er/file'); add('d', tarfile.DIRTYPE); add('x', mode=0o755)");
  CHECK(stage(path) == std::nullopt);
  const std::string expected = listed();
  const mode_t before = umask(077);
  const auto failure = stage(path);
  umask(before);
  CHECK(failure == std::nullopt);
  CHECK(listed() == expected);
}

TEST_CASE_FIXTURE(ReleaseCase, "update: a directory is copied, and by the same rules") {
  test::output_of(
      fmt::format("mkdir -p '{0}/d' && printf x > '{0}/d/f' && chmod 700 '{0}/d/f' && "
                  "ln -s d/f '{0}/l'",
                  dir / "source"));
  CHECK(stage_directory(dir / "source", dir / "staging") == 2);
  CHECK(listed() == "d d 755 \nd/f f 755 \nl l 777 d/f\n");
  const auto refused = [&](const std::string& make) {
    test::output_of(fmt::format("rm -rf '{0}' '{1}' && mkdir '{0}' && cd '{0}' && {2}",
                                dir / "source", dir / "staging", make));
    return test::error_of([&] { stage_directory(dir / "source", dir / "staging"); });
  };
  CHECK(refused("ln -s /etc/passwd l") == Errc::Hostile);
  CHECK(refused("ln -s ../x l") == Errc::Hostile);
  CHECK(refused("mkfifo p") == Errc::Hostile);
  CHECK(test::error_of([&] { stage_directory(dir / "none", dir / "s"); }) == Errc::NotFound);
}
