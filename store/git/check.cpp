#include "git/check.hpp"

#include <new>

#include "core/text.hpp"
#include "git/libgit2.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky::git {
namespace {

Errc errc_of(int code, int origin) {
  switch (code) {
    case GIT_ENOTFOUND:
      return Errc::NotFound;
    case GIT_EEXISTS:
      return Errc::Exists;
    case GIT_EMODIFIED:
      return Errc::Conflict;
    case GIT_ELOCKED:
      return Errc::Locked;
    case GIT_EINVALIDSPEC:
      return Errc::Invalid;
    case GIT_EMISMATCH:  // the content does not hash to the id
      return Errc::Corrupt;
    default:
      break;
  }
  switch (origin) {
    case GIT_ERROR_ZLIB:
    case GIT_ERROR_ODB:
    case GIT_ERROR_OBJECT:
    case GIT_ERROR_TREE:
    case GIT_ERROR_INDEXER:
    case GIT_ERROR_CONFIG:
      return Errc::Corrupt;
    default:
      return Errc::Io;
  }
}

Libgit2 start() {
  const Libgit2 functions;
  const auto require = [](int result) {
    if (result >= 0) return;
    throw Error(Errc::Io, "cannot start libgit2", fmt::format("it gave {}", result));
  };
  require(functions.git_libgit2_init());
  // Our own stores declare it; libgit2 1.5 refuses to open what it was not told about.
  const char* extensions[] = {"preciousobjects"};
  require(functions.git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions, std::size_t{1}));
  require(functions.git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 1));
  // We keep what we read; a second copy would only cost memory.
  require(functions.git_libgit2_opts(GIT_OPT_ENABLE_CACHING, 0));
  return functions;
}

}  // namespace

const Libgit2& libgit2() {
  static const Libgit2 started = start();
  return started;
}

void throw_failure(int code, std::string context) {
  const git_error* last = libgit2().git_error_last();
  const int origin = last != nullptr ? last->klass : GIT_ERROR_NONE;
  if (origin == GIT_ERROR_NOMEMORY) throw std::bad_alloc();
  // The message may repeat names found on disk, so it passes the same filter as they do.
  std::string cause = quoted(last != nullptr && last->message != nullptr ? last->message : "");
  cause = cause.substr(1, cause.size() - 2);
  if (cause.empty()) cause = fmt::format("libgit2 gave {}", code);
  throw Error(errc_of(code, origin), std::move(context), cause);
}

}  // namespace stravinsky::git
