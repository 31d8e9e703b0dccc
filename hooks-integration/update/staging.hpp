#pragma once

#include <memory>
#include <string>

#include "stravinsky/store.hpp"
#include "update/release_tree.hpp"
#include "update/run_update.hpp"

namespace stravinsky::hooks {

/// The directory that a release is staged in, for as long as it is needed. What a process that died
/// left there goes first.
class Staging {
 public:
  explicit Staging(std::string path) : path_(std::move(path)) { clear(); }
  ~Staging() { clear(); }
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  /// Copies or unpacks the source of an update there. @throws Error as whatever stages it
  std::unique_ptr<FileTree> fill(const Store& store, const UpdateRequest& request) const;

 private:
  void clear() const noexcept;
  std::string path_;
};

}  // namespace stravinsky::hooks
