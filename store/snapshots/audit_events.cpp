#include <fmt/format.h>

#include <algorithm>

#include "audit/event_signature.hpp"
#include "audit/replay.hpp"
#include "audit/revocations.hpp"
#include "core/text.hpp"
#include "refs/snapshot_name.hpp"
#include "stravinsky/audit.hpp"
#include "stravinsky/error.hpp"
#include "transaction/store_parts.hpp"

namespace stravinsky {
namespace {

std::string text_member(const nlohmann::json& members, const char* key) {
  const auto found = members.find(key);
  return found != members.end() && found->is_string() ? found->get<std::string>() : std::string();
}

AuditEvent described(const ChainLink& link) {
  const Event& event = link.event;
  AuditEvent told;
  told.sequence = event.sequence;
  told.commit = link.id;
  told.event_id = event.event_id;
  told.event_type = event.event_type;
  told.subject = event.subject;
  told.status = event.status;
  told.time = event.time;
  told.duration_seconds = event.duration_seconds;
  told.user = event.user;
  told.host = event.host;
  told.tool = event.tool;
  told.error = text_member(event.extra, "error");
  told.reason = text_member(event.extra, "reason");
  told.action = text_member(event.extra, "action");
  for (const ProfileChange& change : event.profiles) {
    told.profiles.push_back(
        {change.profile, change.version_before, change.version_after, change.before, change.after});
  }
  for (const RefMove& move : event.moves) {
    told.refs.push_back({move.name.str(), move.expected, move.target});
  }
  for (const ForeignRef& ref : event.foreign) told.foreign.push_back({ref.ref, {}, ref.found});
  told.json = encode_event(event);
  told.json.pop_back();
  return told;
}

/// Judges signatures of events: whether the event before trusted the signer (the first one vouches
/// for itself), and whether a newer one has revoked that.
class SignatureJudge {
 public:
  SignatureJudge(const ObjectDatabase& database, const ObjectId& head)
      : database_(database), lists_(database), revocations_(database, head) {}

  AuditSignature judge(const ObjectId& id) {
    AuditSignature signature;
    try {
      const LoadedLink loaded = load_link(database_, id);
      const SignatureCheck check = check_signature(loaded.commit);
      signature.fault = check.fault;
      if (!check.key) return signature;
      signature.key = check.key->fingerprint();
      const ObjectId list = loaded.link.parent ? read_link(database_, *loaded.link.parent).signers
                                               : loaded.link.signers;
      const auto principal = find_principal(lists_.read(list), *check.key);
      signature.principal = principal.value_or("");
      if (!principal) {
        signature.fault = "the event before it did not trust the key";
      } else if (!is_by(loaded.commit, *principal)) {
        signature.fault = fmt::format("the key belongs to '{}'", *principal);
      } else if (revocations_.is_revoked(*check.key, loaded.link)) {
        signature.fault = "the key was revoked for it by a newer event";
      }
    } catch (const Error& error) {
      signature.fault = error.what();
    }
    signature.good = signature.fault.empty();
    return signature;
  }

 private:
  const ObjectDatabase& database_;
  SignerLists lists_;
  Revocations revocations_;
};

bool is_wanted(const AuditFilter& filter, const Event& event) {
  const auto any_profile = [&](auto&& matches) {
    return std::any_of(event.profiles.begin(), event.profiles.end(), matches);
  };
  if (!filter.types.empty() &&
      std::none_of(filter.types.begin(), filter.types.end(), [&](const std::string& type) {
        return are_equal_folded(type, event.event_type);
      })) {
    return false;
  }
  if (!filter.status.empty() && filter.status != event.status) return false;
  if (!filter.user.empty() && filter.user != event.user) return false;
  if (!filter.profile.empty() &&
      !any_profile([&](const auto& change) { return change.profile == filter.profile; })) {
    return false;
  }
  if (!filter.version.empty() && !any_profile([&](const auto& change) {
        return change.version_before == filter.version || change.version_after == filter.version;
      })) {
    return false;
  }
  return (!filter.since || event.time >= *filter.since) &&
         (!filter.until || event.time <= *filter.until);
}

/// Shows what is wanted of the events it is given, until there is enough.
class Visitor {
 public:
  Visitor(const ObjectDatabase& database, const ObjectId& head, const AuditFilter& filter,
          const std::function<bool(const AuditEvent&)>& visit)
      : filter_(filter), visit_(visit), signatures_(database, head) {}

  bool is_done() const { return count_ >= filter_.limit; }

  /// False when it wants no more.
  bool operator()(const ChainLink& link) {
    if (is_done()) return false;
    if (!is_wanted(filter_, link.event)) return true;
    AuditEvent event = described(link);
    if (filter_.check_signatures) event.signature = signatures_.judge(link.id);
    ++count_;
    return visit_(event) && !is_done();
  }

 private:
  const AuditFilter& filter_;
  const std::function<bool(const AuditEvent&)>& visit_;
  SignatureJudge signatures_;
  std::size_t count_ = 0;
};

Error no_event(std::string_view word, const std::string& why) {
  return Error(Errc::NotFound, fmt::format("cannot find the event {}", quoted(word)), why,
               "see `stravinsky audit log`");
}

/// The event whose id or commit a word begins or names.
ObjectId search(const ObjectDatabase& database, const ObjectId& head, std::string_view word) {
  const bool by_id = word.starts_with("evt_");
  std::vector<ObjectId> found;
  ChainWalk walk(database, head);
  while (const auto step = walk.next()) {
    if (by_id) {
      if (find_trailer(parse_trailers(step->message), "Event") == word) return step->id;
    } else if (step->id.hex().starts_with(word)) {
      found.push_back(step->id);
    }
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) throw no_event(word, "the chain has none");
  throw no_event(word, fmt::format("it begins the ids of {} events", found.size()));
}

ObjectId resolve_event(const ObjectDatabase& database, const ObjectId& head,
                       std::string_view word) {
  if (word == "latest") return head;
  if (const auto sequence = parse_unsigned(word)) {
    if (*sequence > 0) {
      if (const auto id = find_sequence(database, head, *sequence)) return *id;
    }
    if (word.size() < 7) {
      throw no_event(word, fmt::format("the chain has events 1 to {}",
                                       read_link(database, head).event.sequence));
    }
  }
  const bool is_hex = word.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (!word.starts_with("evt_") && !(is_hex && word.size() >= 7 && word.size() <= 40)) {
    throw Error(Errc::Invalid, fmt::format("cannot find the event {}", quoted(word)),
                "it is neither an event's id, nor a number, nor hex digits of a commit",
                "see `stravinsky audit log` for ids and numbers");
  }
  return search(database, head, word);
}

}  // namespace

void visit_events(const Store& store, const AuditFilter& filter,
                  const std::function<bool(const AuditEvent&)>& visit) {
  Store::Parts& parts = store.parts();
  std::optional<ObjectId> next = parts.audit_head();
  Visitor visitor(*parts.database, *next, filter, visit);
  while (next && !visitor.is_done()) {
    const ChainLink link = read_link(*parts.database, *next);
    if (!visitor(link)) return;
    next = link.parent;
  }
}

void visit_events_upwards(const Store& store, const AuditFilter& filter,
                          const std::function<bool(const AuditEvent&)>& visit) {
  Store::Parts& parts = store.parts();
  const ObjectId head = parts.audit_head();
  Visitor visitor(*parts.database, head, filter, visit);
  std::vector<ObjectId> ids;
  ChainWalk walk(*parts.database, head);
  while (const auto step = walk.next()) ids.push_back(step->id);
  for (auto id = ids.rbegin(); id != ids.rend(); ++id) {
    if (!visitor(read_link(*parts.database, *id))) return;
  }
}

AuditEvent find_event(const Store& store, std::string_view word) {
  Store::Parts& parts = store.parts();
  const ObjectDatabase& database = *parts.database;
  const ObjectId head = parts.audit_head();
  const ObjectId id = resolve_event(database, head, word);
  AuditEvent event = described(read_link(database, id));
  event.signature = SignatureJudge(database, head).judge(id);
  return event;
}

std::vector<AuditRef> list_refs_at(const Store& store, const AuditEvent& event) {
  std::vector<AuditRef> refs;
  for (const auto& [name, id] : replay_refs(*store.parts().database, event.commit)) {
    refs.push_back({std::string(name), std::nullopt, id});
  }
  return refs;
}

std::vector<AuditRef> diff_refs(const std::vector<AuditRef>& before,
                                const std::vector<AuditRef>& after) {
  std::vector<AuditRef> changes;
  auto a = before.begin();
  auto b = after.begin();
  while (a != before.end() || b != after.end()) {
    if (b == after.end() || (a != before.end() && a->ref < b->ref)) {
      changes.push_back({a->ref, a->after, std::nullopt});
      ++a;
    } else if (a == before.end() || b->ref < a->ref) {
      changes.push_back({b->ref, std::nullopt, b->after});
      ++b;
    } else {
      if (a->after != b->after) changes.push_back({a->ref, a->after, b->after});
      ++a;
      ++b;
    }
  }
  return changes;
}

}  // namespace stravinsky
