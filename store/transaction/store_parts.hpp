#pragma once

#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "audit/chain.hpp"
#include "audit/replay.hpp"
#include "packs/object_database.hpp"
#include "refs/ref_store.hpp"
#include "signing/key.hpp"
#include "stravinsky/config.hpp"
#include "stravinsky/store.hpp"
#include "tree/directory_memo.hpp"

namespace stravinsky {

/// What an open store is made of.
struct Store::Parts {
  StoreOptions options;
  std::string git_dir;
  bool created = false;
  bool is_clone = false;
  std::vector<std::string> remarks;  ///< not handed on yet: see StoreOptions::on_remark
  std::set<std::string> said;        ///< every remark so far
  bool is_interruption_told = false;
  /// The types of the events that this object published, in order.
  std::shared_ptr<std::vector<std::string>> published =
      std::make_shared<std::vector<std::string>>();
  std::unique_ptr<ObjectDatabase> database;
  std::unique_ptr<DirectoryMemo> directories;  ///< of `database`
  std::unique_ptr<RefStore> ref_store;
  std::optional<signing::SigningKey> key;  ///< when opened for writing

  /// Paths of ours beside git's.
  std::string own(std::string_view name) const;
  std::string tmp_dir() const { return own("tmp"); }
  std::string pack_dir() const { return git_dir + "/objects/pack"; }
  const Config& config() const;
  Timestamp now() const;
  std::string principal() const { return options.user + "@" + options.host; }

  /// All refs as they stand at one time between two events. Undone moves of the newest events are
  /// applied in memory, and in a clone `refs/remotes/<remote>/X` counts as `refs/heads/X`.
  /// @throws Error Corrupt
  RefMap read_found_refs();
  /// As read_found_refs, but a tag that was moved or deleted behind our back counts where the chain
  /// put it. Makes a remark of refs that are not where the chain put them. While the head stays
  /// where it is, refs found to be as it says are not listed again. @throws Error Corrupt
  std::shared_ptr<const RefMap> read_refs();
  /// One of them.
  std::optional<ObjectId> find_ref(const RefName& name);
  /// The newest event's commit, whatever is in it; in a clone that of the branch it fetched.
  /// @throws Error Corrupt: there is none
  ObjectId audit_head();
  /// The newest event. @throws Error Corrupt: the store has none
  ChainLink head();
  /// `stravinsky/applied`; 0 when it is missing, as in a clone.
  std::uint64_t applied() const;
  /// Makes a remark, if it was not made yet.
  void remark(std::string text);
  void remark_foreign(std::span<const ForeignRef> foreign);
  /// Applies undone moves of pending events to `refs`; what they explain leaves `bad`.
  /// @returns how many refs were behind. @throws Error as read_links_after
  std::size_t apply_pending(RefMap& refs, std::vector<std::string>& bad);
  /// Whether `refs` are as the event `head` left them: none was moved behind our back.
  bool are_as_chained(const RefMap& refs, const ChainLink& head) const;
  /// Whether they are as their own audit ref says. If so they are remembered: `read_refs` gives
  /// them without listing them again, as long as that ref stands where it does.
  bool remember_if_chained(const RefMap& refs);
  /// Throws Denied for a store that was opened for reading.
  void require_writable() const;

 private:
  /// What the newest events say of the refs: read once for each head, since every look at the refs
  /// asks for it.
  struct Tail {
    ObjectId head;
    std::uint64_t applied = 0;
    std::vector<FoldedMove> moves;  ///< of the events after `applied`
    Sha256 refs_digest;             ///< as of the head
  };
  const Tail& read_tail(const ObjectId& head);
  std::optional<Tail> tail_;
  /// The refs when they last had the digest that the head, here by its id, states: with the same
  /// head they are the same, but for what git moved since.
  struct Chained {
    ObjectId head;
    std::shared_ptr<const RefMap> refs;
  };
  std::optional<Chained> chained_;

  /// An event by its id; the last one is kept, since every look at the refs begins with the newest.
  const ChainLink& read_newest(const ObjectId& id);
  std::optional<ChainLink> newest_;

  RefMap list_refs(std::size_t& behind);
};

}  // namespace stravinsky
