#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>

#include "audit/replay.hpp"
#include "core/text.hpp"
#include "fs/lock.hpp"
#include "refs/snapshot_name.hpp"
#include "stravinsky/audit.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/nearest.hpp"
#include "transaction/publish.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {
namespace {

constexpr std::string_view kTags = "refs/tags/";

std::string ref_named(const std::string& word) {
  std::string ref = word;
  if (word.starts_with("tags/") || word.starts_with("heads/")) ref = "refs/" + word;
  if (const std::size_t slash = word.find('/');
      ref == word && !word.starts_with("refs/") && slash != std::string::npos) {
    ref = snapshot_ref(word.substr(0, slash), word.substr(slash + 1)).str();
  }
  const bool covered = ref.starts_with("refs/heads/") || ref.starts_with(kTags) ||
                       ref.starts_with("refs/stravinsky/");
  if (covered && ref != kAuditRef && RefName::is_valid(ref)) return ref;
  throw Error(Errc::Invalid, fmt::format("cannot bring back {}", quoted(word)),
              ref == kAuditRef ? "the chain itself only grows" : "it is no ref of a store",
              "name it in full, such as refs/tags/claude/one, or as PROFILE/NAME");
}

/// The profile that a ref belongs to: the one whose writers must wait.
std::string profile_of(std::string_view ref) {
  for (const std::string_view prefix :
       {std::string_view("refs/heads/upstream/"), std::string_view("refs/heads/"), kTags,
        std::string_view("refs/stravinsky/current/"), std::string_view("refs/stravinsky/good/"),
        std::string_view("refs/stravinsky/notes/"), std::string_view("refs/stravinsky/trash/")}) {
    if (!ref.starts_with(prefix)) continue;
    const std::string_view rest = ref.substr(prefix.size());
    return std::string(rest.substr(0, rest.find('/')));
  }
  return {};
}

std::vector<AuditRef> as_list(const RefMap& refs) {
  std::vector<AuditRef> list;
  for (const auto& [name, id] : refs) list.push_back({std::string(name), std::nullopt, id});
  return list;
}

}  // namespace

RefsPlan plan_restore_refs(const Store& store, const AuditEvent& at,
                           const std::vector<std::string>& names) {
  Store::Parts& parts = store.parts();
  std::set<std::string> wanted;
  for (const std::string& name : names) wanted.insert(ref_named(name));
  const bool is_newest = at.commit == parts.audit_head();
  RefsPlan plan;
  const std::vector<AuditRef> before = as_list(covered_by_events(parts.read_found_refs())),
                              after = list_refs_at(store, at);
  for (AuditRef& ref : diff_refs(before, after)) {
    const bool is_asked_for = wanted.empty()
                                  ? ref.after && (is_newest || ref.ref.starts_with(kTags))
                                  : wanted.contains(ref.ref);
    if (!is_asked_for) {
      plan.left.push_back(std::move(ref));
    } else if (ref.after && !parts.database->contains(*ref.after)) {
      plan.missing.push_back(std::move(ref));
    } else {
      plan.moves.push_back(std::move(ref));
    }
  }
  const auto is_found = [&](const std::string& name) {
    const auto has = [&](const std::vector<AuditRef>& refs) {
      return std::any_of(refs.begin(), refs.end(),
                         [&](const AuditRef& ref) { return ref.ref == name; });
    };
    return has(before) || has(after);
  };
  for (const std::string& name : wanted) {
    if (is_found(name)) continue;
    std::vector<std::string> known;
    for (const AuditRef& ref : after) known.push_back(ref.ref);
    const std::vector<std::string> like = nearest(name, known);
    throw Error(Errc::NotFound, fmt::format("cannot bring back {}", quoted(name)),
                fmt::format("neither the store nor event {} has it", at.sequence),
                like.empty() ? "see `stravinsky audit show ID --refs`"
                             : fmt::format("did you mean {}?", quoted(like.front())));
  }
  return plan;
}

std::uint64_t restore_refs(Store& store, const AuditEvent& at, const RefsPlan& plan) {
  Store::Parts& parts = store.parts();
  parts.require_writable();
  const Timestamp started = parts.now();
  std::set<std::string> profiles;
  for (const AuditRef& ref : plan.moves) profiles.insert(profile_of(ref.ref));
  std::vector<std::unique_ptr<fs::Lock>> locks;
  for (const std::string& profile : profiles) {
    if (!is_profile_name(profile)) continue;  // made behind our back: no writer of ours knows it
    locks.push_back(std::make_unique<fs::Lock>(parts.own("lock.profile." + profile),
                                               fs::Lock::Mode::Exclusive, parts.options.lock_wait));
  }
  Publishing publishing(parts);
  Publication& publication = publishing.publication;
  std::vector<RefMove> moves;
  for (const AuditRef& ref : plan.moves) {
    RefMove move = publication.move_to(RefName::parse(ref.ref), ref.after);
    if (move.expected != ref.before) {
      throw Error(Errc::Conflict, fmt::format("cannot bring back {}", quoted(ref.ref)),
                  "it moved meanwhile", "run the command again");
    }
    moves.push_back(std::move(move));
  }
  Event event;
  event.event_type = "RESTORE_REFS";
  event.subject = fmt::format("to event {}", at.sequence);
  event.extra["restored_from"] = at.sequence;
  for (const AuditRef& ref : plan.missing) {
    event.extra["missing"].push_back({{"ref", ref.ref}, {"id", ref.after->hex()}});
  }
  return publication.publish(std::move(event), std::move(moves), started).event.sequence;
}

}  // namespace stravinsky
