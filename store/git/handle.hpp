#pragma once

#include <utility>

#include "git/libgit2.hpp"

namespace stravinsky::git {

/// Sole owner of one libgit2 object. The free function is in the type: a wrong pair cannot compile.
template <typename T, auto Free>
class Handle {
 public:
  Handle() = default;
  Handle(Handle&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(raw_, other.raw_);  // what we held leaves with `other`
    return *this;
  }
  ~Handle() {
    if (raw_ != nullptr) (libgit2().*Free)(raw_);
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

using Odb = Handle<git_odb, &Libgit2::git_odb_free>;
using OdbObject = Handle<git_odb_object, &Libgit2::git_odb_object_free>;

}  // namespace stravinsky::git
