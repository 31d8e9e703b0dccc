#pragma once

#include <git2.h>

#include <utility>

namespace stravinsky::git {

/// Sole owner of one libgit2 object. The free function is in the type: a wrong pair cannot compile.
template <typename T, void (*Free)(T*)>
class Handle {
 public:
  Handle() = default;
  Handle(Handle&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(raw_, other.raw_);  // what we held leaves with `other`
    return *this;
  }
  ~Handle() {
    if (raw_ != nullptr) Free(raw_);
  }

  T* get() const noexcept { return raw_; }
  /// For libgit2's first argument, which receives the new object.
  T** out() noexcept {
    *this = Handle();
    return &raw_;
  }

 private:
  T* raw_ = nullptr;
};

using Odb = Handle<git_odb, git_odb_free>;
using OdbObject = Handle<git_odb_object, git_odb_object_free>;
using Repository = Handle<git_repository, git_repository_free>;

}  // namespace stravinsky::git
