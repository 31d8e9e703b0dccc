#pragma once

#include <memory>
#include <string>

#include "audit/chain.hpp"

namespace stravinsky {

/// `audit.db`: the events as a SQLite table, for people and programs that like to ask in SQL.
///
/// Nothing of ours reads answers from it. In WAL mode, so that readers and we do not wait for each
/// other. Not durable: what a crash damages is made anew. Threads: one at a time.
class EventIndex {
 public:
  /// Opens it, or makes an empty one. @throws Error Corrupt: not a database of ours; Io, NoSpace
  explicit EventIndex(const std::string& path);
  ~EventIndex();
  EventIndex(const EventIndex&) = delete;
  EventIndex& operator=(const EventIndex&) = delete;

  /// Adds events, all or none. @param digest  of the rows before; receives that of all
  /// @throws Error Corrupt, Io, NoSpace, Locked
  void add(std::span<const ChainLink> links, Sha256& digest);
  /// The digest of all rows, by reading them. @throws Error Corrupt, Io
  Sha256 digest() const;
  /// Moves what is in the WAL file to the main one, as far as readers let it.
  void tidy();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace stravinsky
