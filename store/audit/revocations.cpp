#include "audit/revocations.hpp"

#include <algorithm>

#include "audit/event_signature.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

std::string text_member(const Event& event, const char* key) {
  const auto found = event.extra.find(key);
  return found != event.extra.end() && found->is_string() ? found->get<std::string>() : "";
}

/// Whether an event of this message may be of the type.
bool may_be(std::string_view message, std::string_view type) {
  return message.find(type) != std::string_view::npos;
}

}  // namespace

std::optional<std::uint64_t> find_revocation(const ObjectDatabase& database, const ObjectId& head,
                                             const std::string& fingerprint) {
  ChainWalk walk(database, head);
  while (const auto step = walk.next()) {
    if (!may_be(step->message, kKeyRevoke)) continue;
    const Event event = read_link(database, step->id).event;
    if (event.event_type == kKeyRevoke && text_member(event, "key") == fingerprint) {
      return event.sequence;
    }
  }
  return std::nullopt;
}

void Revocations::note(const ObjectId& id) {
  const LoadedLink loaded = load_link(database_, id);
  const Event& event = loaded.link.event;
  if (event.event_type == kKeyChange) {
    for (Revocation& one : revoked_) {
      if (one.brought == 0 && one.by == text_member(event, "key_after")) {
        one.brought = event.sequence;
      }
    }
  }
  const auto from = event.extra.find("from");
  if (event.event_type != kKeyRevoke || from == event.extra.end() || !from->is_number_unsigned()) {
    return;
  }
  const SignatureCheck check = check_signature(loaded.commit);
  if (!check.key) return;  // nobody's word
  revoked_.push_back({text_member(event, "key"), from->get<std::uint64_t>(), event.sequence,
                      check.key->fingerprint()});
}

void Revocations::read_down_to(std::uint64_t sequence) {
  while (reached_ > sequence) {
    const auto step = walk_.next();
    if (!step) return;
    reached_ = sequence_in(step->message).value_or(reached_);
    if (may_be(step->message, kKeyRevoke) || may_be(step->message, kKeyChange)) note(step->id);
  }
}

bool Revocations::is_revoked(const signing::PublicKey& key, const ChainLink& link) {
  const std::uint64_t sequence = link.event.sequence;
  read_down_to(sequence);
  const std::string name = key.fingerprint();
  return std::any_of(revoked_.begin(), revoked_.end(), [&](const Revocation& one) {
    return one.key == name && one.from <= sequence && sequence < one.sequence &&
           one.brought != sequence;
  });
}

}  // namespace stravinsky
