#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "stravinsky/object_id.hpp"

namespace stravinsky {

/// Refs by full name, sorted bytewise, as `git for-each-ref` sorts them.
///
/// Made to be copied and walked: a copy shares the names, so that ten thousand refs cost
/// microseconds. Adding a ref in the middle moves those behind it.
/// Names that it hands out stay valid as long as it or a copy of it lives.
class RefMap {
 public:
  using Ref = std::pair<std::string_view, ObjectId>;  ///< name and what it points at
  using Iterator = std::vector<Ref>::const_iterator;

  Iterator begin() const noexcept { return refs_.begin(); }
  Iterator end() const noexcept { return refs_.end(); }
  std::size_t size() const noexcept { return refs_.size(); }
  bool empty() const noexcept { return refs_.empty(); }

  /// The first ref that is not less than `name`.
  Iterator lower_bound(std::string_view name) const;
  Iterator find(std::string_view name) const;
  bool contains(std::string_view name) const { return find(name) != end(); }

  /// Adds a ref unless there is one of that name. Cheap behind all others.
  void emplace(std::string_view name, const ObjectId& id);
  /// Adds a ref behind all others, whatever its name: `sort` before anything else is asked.
  void append(std::string_view name, const ObjectId& id) { refs_.emplace_back(keep(name), id); }
  /// Makes room for `count` refs.
  void reserve(std::size_t count) { refs_.reserve(count); }
  /// Puts appended refs in order; of two with one name the first stays.
  void sort();
  void insert_or_assign(std::string_view name, const ObjectId& id);
  void erase(std::string_view name);
  template <typename Predicate>
  void erase_if(Predicate predicate) {
    std::erase_if(refs_, predicate);
  }
  /// These refs, and those of `under` whose names they have not.
  RefMap over(const RefMap& under) const;

  bool operator==(const RefMap& other) const;

 private:
  std::string_view keep(std::string_view name);
  std::size_t place_of(std::string_view name) const;

  /// Room for further names in the last block: never shared with a copy, which takes its own.
  struct Room {
    Room() = default;
    Room(const Room&) noexcept {}
    Room(Room&& other) noexcept
        : at(std::exchange(other.at, nullptr)), left(std::exchange(other.left, 0)) {}
    Room& operator=(const Room& other) noexcept {
      if (this != &other) *this = Room();
      return *this;
    }
    Room& operator=(Room&& other) noexcept {
      at = std::exchange(other.at, nullptr);
      left = std::exchange(other.left, 0);
      return *this;
    }
    ~Room() = default;

    char* at = nullptr;
    std::size_t left = 0;
  };

  std::vector<Ref> refs_;
  std::vector<std::shared_ptr<char[]>> names_;  ///< what the names point into
  Room room_;
};

}  // namespace stravinsky
