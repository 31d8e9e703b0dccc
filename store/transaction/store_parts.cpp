#include "transaction/store_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "core/text.hpp"
#include "fs/file.hpp"
#include "stravinsky/error.hpp"
#include "transaction/settle.hpp"

namespace stravinsky {
namespace {

/// How often a reader that is overtaken by writers lists the refs again, and the time in which a
/// writer moves its refs once its event counts.
constexpr int kMostTries = 10;
constexpr std::chrono::milliseconds kWriterMoves{2};

/// In a clone the branches of the store stand below `refs/remotes/<remote>/`.
RefMap with_remote_branches(const RefMap& refs) {
  RefMap added;
  for (const auto& [name, id] : refs) {
    constexpr std::string_view kRemotes = "refs/remotes/";
    if (!name.starts_with(kRemotes)) continue;
    const std::size_t slash = name.find('/', kRemotes.size());
    if (slash == std::string::npos) continue;
    added.emplace(fmt::format("refs/heads/{}", name.substr(slash + 1)), id);
  }
  return refs.over(added);
}

}  // namespace

std::string Store::Parts::own(std::string_view name) const {
  return fmt::format("{}/stravinsky/{}", git_dir, name);
}

const Config& Store::Parts::config() const {
  static const Config defaults;
  return options.config ? *options.config : defaults;
}

Timestamp Store::Parts::now() const {
  return options.clock ? options.clock->now() : SystemClock().now();
}

std::uint64_t Store::Parts::applied() const {
  const auto text = fs::find_beginning(own("applied"), 64);
  if (!text || is_clone) return 0;
  const auto sequence = parse_unsigned(std::string_view(*text).substr(0, text->find('\n')));
  return sequence.value_or(0);  // a damaged file only means more work: redoing changes nothing
}

void Store::Parts::remark(std::string text) {
  if (!said.insert(text).second) return;
  if (options.on_remark) {
    options.on_remark(text);
  } else {
    remarks.push_back(std::move(text));
  }
}

void Store::Parts::remark_foreign(std::span<const ForeignRef> foreign) {
  if (foreign.empty()) return;
  const std::string first = quoted(foreign.front().ref);
  remark(foreign.size() == 1
             ? fmt::format(
                   "the ref {} is not where the audit chain put it; see `stravinsky verify`", first)
             : fmt::format("{} refs are not where the audit chain put them, {} the first; see "
                           "`stravinsky verify`",
                           foreign.size(), first));
}

const Store::Parts::Tail& Store::Parts::read_tail(const ObjectId& head) {
  const std::uint64_t done = applied();
  if (!tail_ || tail_->head != head || tail_->applied != done) {
    tail_.reset();
    const ChainLink& link = read_newest(head);
    auto moves = fold_moves(read_links_after(*database, link, applied_up_to(*this, link)));
    tail_ = Tail{head, done, std::move(moves), link.refs_digest};
  }
  return *tail_;
}

std::size_t Store::Parts::apply_pending(RefMap& refs, std::vector<std::string>& bad) {
  std::size_t behind = 0;
  const auto audit = refs.find(kAuditRef);
  if (audit == refs.end()) return behind;
  for (const FoldedMove& fold : read_tail(audit->second).moves) {
    const std::string& name = fold.name.str();
    const auto found = refs.find(name);
    const auto place = found == refs.end() ? std::nullopt : std::optional(found->second);
    const bool was_bad = std::erase(bad, name) > 0;
    const bool known =
        std::find(fold.places.begin(), fold.places.end(), place) != fold.places.end();
    if (place == fold.target || (!known && !was_bad)) continue;
    ++behind;
    if (fold.target) {
      refs.insert_or_assign(name, *fold.target);
    } else {
      refs.erase(name);
    }
  }
  return behind;
}

RefMap Store::Parts::list_refs(std::size_t& behind) {
  behind = 0;
  std::vector<std::string> bad;
  RefMap refs = ref_store->list(&bad);
  try {
    if (!is_clone) behind = apply_pending(refs, bad);
  } catch (const Error& error) {
    // Snapshots can be read without the chain; that it is broken must be heard all the same.
    remark(error.what());
  }
  // One that holds no id is as good as one that is gone, and keeps nobody from the others.
  for (const std::string& name : bad) {
    remark(fmt::format("cannot read the ref {}; see `stravinsky verify`", quoted(name)));
  }
  return is_clone ? with_remote_branches(refs) : refs;
}

bool Store::Parts::remember_if_chained(const RefMap& refs) {
  const auto audit = refs.find(kAuditRef);
  if (audit == refs.end()) return true;  // nothing to hold them against
  try {
    if (digest_of(refs) != read_tail(audit->second).refs_digest) return false;
    chained_ = Chained{audit->second, std::make_shared<const RefMap>(refs)};
    return true;
  } catch (const Error& error) {
    remark(error.what());  // as in list_refs
    return true;
  }
}

bool Store::Parts::are_as_chained(const RefMap& refs, const ChainLink& head) const {
  if (chained_ && chained_->head == head.id && *chained_->refs == refs) return true;
  return digest_of(refs) == head.refs_digest;
}

RefMap Store::Parts::read_found_refs() {
  std::size_t behind = 0;
  RefMap refs = list_refs(behind);
  if (is_clone) return refs;
  for (int tries = 0; tries < kMostTries; ++tries) {
    if (behind == 0 ? remember_if_chained(refs) : is_interruption_told) return refs;
    // A writer may be publishing: what stands still is no writer's.
    std::this_thread::sleep_for(kWriterMoves);
    RefMap again = list_refs(behind);
    const bool stands = again == refs;
    refs = std::move(again);
    if (stands && behind == 0) return refs;
  }
  if (behind > 0) {
    is_interruption_told = true;
    remark(
        fmt::format("{} behind the audit chain: an operation was interrupted, or is just being "
                    "finished; read as the chain says, the next writing command moves {}",
                    behind == 1 ? "1 ref is" : fmt::format("{} refs are", behind),
                    behind == 1 ? "it" : "them"));
  }
  return refs;
}

std::shared_ptr<const RefMap> Store::Parts::read_refs() {
  const auto find_chained = [this](const std::optional<ObjectId>& head) {
    return chained_ && head == chained_->head ? chained_->refs : nullptr;
  };
  try {
    if (auto known = find_chained(ref_store->find(RefName::parse(kAuditRef)))) return known;
  } catch (const Error&) {
    // Told below, with every other that cannot be read.
  }
  RefMap refs = read_found_refs();
  const auto audit = refs.find(kAuditRef);
  // A clone has brought some refs along and not others.
  if (is_clone || audit == refs.end()) return std::make_shared<const RefMap>(std::move(refs));
  if (auto known = find_chained(audit->second)) return known;
  if (remember_if_chained(refs)) return std::make_shared<const RefMap>(std::move(refs));
  try {
    const RefMap chained = replay_refs(*database, audit->second);
    const auto foreign = find_foreign(covered_by_events(refs), chained);
    for (const ForeignRef& ref : foreign) {
      // Tags stay where they were made. Of the others the chain may say what is older than they
      // are, if it is the chain that was cut.
      const auto put = chained.find(ref.ref);
      if (!ref.ref.starts_with("refs/tags/") || put == chained.end()) continue;
      if (database->contains(put->second)) refs.insert_or_assign(ref.ref, put->second);
    }
    remark_foreign(foreign);
  } catch (const Error& error) {
    remark(error.what());
  }
  return std::make_shared<const RefMap>(std::move(refs));
}

std::optional<ObjectId> Store::Parts::find_ref(const RefName& name) {
  const auto refs = read_refs();
  const auto found = refs->find(name.str());
  return found == refs->end() ? std::nullopt : std::optional(found->second);
}

ObjectId Store::Parts::audit_head() {
  const RefName ref = RefName::parse(kAuditRef);
  const auto id = is_clone ? find_ref(ref) : ref_store->find(ref);
  if (!id && is_clone) {
    throw Error(Errc::Corrupt, "cannot read the audit chain", "the clone has no branch 'audit'",
                "git fetch origin audit");
  }
  if (!id) {
    throw Error(Errc::Corrupt, fmt::format("cannot use the store {}", quoted(options.path)),
                "its audit branch is missing",
                "run `stravinsky verify`, or restore refs/heads/audit");
  }
  return *id;
}

const ChainLink& Store::Parts::read_newest(const ObjectId& id) {
  if (!newest_ || newest_->id != id) newest_ = read_link(*database, id);
  return *newest_;
}

ChainLink Store::Parts::head() { return read_newest(audit_head()); }

void Store::Parts::require_writable() const {
  if (key) return;
  throw Error(is_clone ? Errc::NoStore : Errc::Denied,
              fmt::format("cannot write to {}", quoted(options.path)),
              is_clone ? "it is a git clone of a store, which is for reading"
                       : "it was opened for reading");
}

}  // namespace stravinsky
