#include "git/object_source.hpp"

#include <mutex>

#include "core/text.hpp"
#include "git/check.hpp"
#include "git/handle.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky::git {
namespace {

git_oid oid_of(const ObjectId& id) {
  git_oid oid;
  check(libgit2().git_oid_fromraw(&oid, id.data()), "cannot use object id '{}'", id.hex());
  return oid;
}

}  // namespace

struct ObjectSource::Parts {
  std::mutex mutex;
  Odb odb;
  std::string path;

  /// Takes the backend over.
  void add(git_odb_backend* backend) {
    const int result = libgit2().git_odb_add_backend(odb.get(), backend, 1);
    if (result < 0 && backend->free != nullptr) backend->free(backend);
    check(result, "cannot open {}", quoted(path));
  }

  std::pair<int, std::uint64_t> header(const git_oid& oid, const ObjectId& id) {
    std::size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    check(libgit2().git_odb_read_header(&size, &type, odb.get(), &oid),
          "cannot read object '{}' in {}", id.hex(), quoted(path));
    if (type < GIT_OBJECT_COMMIT || type > GIT_OBJECT_TAG) {
      throw Error(Errc::Corrupt,
                  fmt::format("cannot read object '{}' in {}", id.hex(), quoted(path)),
                  "it is of no known type");
    }
    return {static_cast<int>(type), size};
  }
};

ObjectSource::ObjectSource(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ObjectSource::~ObjectSource() = default;

std::unique_ptr<ObjectSource> ObjectSource::pack(const std::string& index_path) {
  auto parts = std::make_unique<Parts>();
  parts->path = index_path;
  check(libgit2().git_odb_new(parts->odb.out()), "cannot open {}", quoted(index_path));
  git_odb_backend* backend = nullptr;
  check(libgit2().git_odb_backend_one_pack(&backend, index_path.c_str()), "cannot open {}",
        quoted(index_path));
  parts->add(backend);
  return std::unique_ptr<ObjectSource>(new ObjectSource(std::move(parts)));
}

std::pair<int, std::uint64_t> ObjectSource::header(const ObjectId& id) {
  const git_oid oid = oid_of(id);
  const std::lock_guard lock(parts_->mutex);
  return parts_->header(oid, id);
}

std::pair<int, std::string> ObjectSource::read(const ObjectId& id, std::uint64_t limit) {
  const git_oid oid = oid_of(id);
  const std::lock_guard lock(parts_->mutex);
  const auto [type, size] = parts_->header(oid, id);
  if (size > limit) {
    throw Error(Errc::Corrupt,
                fmt::format("cannot read object '{}' in {}", id.hex(), quoted(parts_->path)),
                fmt::format("its header says {} bytes, more than {}", size, limit));
  }
  OdbObject object;
  check(libgit2().git_odb_read(object.out(), parts_->odb.get(), &oid),
        "cannot read object '{}' in {}", id.hex(), quoted(parts_->path));
  return {static_cast<int>(libgit2().git_odb_object_type(object.get())),
          std::string(static_cast<const char*>(libgit2().git_odb_object_data(object.get())),
                      libgit2().git_odb_object_size(object.get()))};
}

}  // namespace stravinsky::git
