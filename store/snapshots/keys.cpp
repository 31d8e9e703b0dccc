// A change of keys is an event of the old key that carries the new list: whoever believes the event
// believes the list. What a crash leaves: nothing, or the event with an old copy of the list beside
// git's files, and settings that name the old key; the next writer replaces both.
#include "stravinsky/keys.hpp"
#include "stravinsky/error.hpp"
#include "transaction/store_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "audit/checkpoint.hpp"
#include "audit/revocations.hpp"
#include "core/text.hpp"
#include "fs/durable.hpp"
#include "fs/file.hpp"
#include "fs/lock.hpp"
#include "signing/key_text.hpp"
#include "signing/verify.hpp"
#include "snapshots/edit_settings.hpp"
#include "transaction/publish.hpp"
#include "transaction/record_event.hpp"
#include "transaction/store_key.hpp"

namespace stravinsky {
namespace {

using signing::AllowedSigner;

/// git asks whether the date of a commit is before it. Room for the time that publishing takes.
std::string expiry(Timestamp time) {
  std::string text = compact_time(time + std::chrono::seconds(10));
  std::erase(text, '_');
  return text + "Z";
}

std::string text_of(const std::vector<AllowedSigner>& signers) {
  std::string text;
  for (const AllowedSigner& signer : signers) {
    text += signing::allowed_signers_line(signer.principal, signer.key, signer.valid_before);
  }
  return text;
}

/// Publishes an event with a list that `change` makes of the present one.
template <typename Change>
ChainLink publish_list(Store& store, Event event, Change change) {
  Store::Parts& parts = store.parts();
  parts.require_writable();
  const Timestamp started = parts.now();
  Publishing publishing(parts);
  Publication& publication = publishing.publication;
  const ChainLink head = publication.head();
  auto signers = signing::parse_allowed_signers(read_allowed_signers(*parts.database, head));
  change(signers, head, event);
  const std::string text = text_of(signers);
  publication.set_signers(text);
  ChainLink link = publication.publish(std::move(event), {}, started);
  write_signers(parts, text);
  return link;
}

/// What it signed would count for some events and not for others, and only numbers would tell.
void require_not_revoked(const ObjectDatabase& database, const ChainLink& head,
                         const std::string& fingerprint) {
  const auto revoked = find_revocation(database, head.id, fingerprint);
  if (!revoked) return;
  throw Error(Errc::Key, fmt::format("cannot take the key {}", quoted(fingerprint)),
              fmt::format("event {} revoked it", *revoked),
              "take another one: ssh-keygen -t ed25519 -f FILE, then stravinsky key use FILE");
}

}  // namespace

KeyReport describe_keys(const Store& store) {
  Store::Parts& parts = store.parts();
  KeyReport report;
  report.source = parts.options.key_path;
  const ChainLink head = read_link(*parts.database, parts.audit_head());
  for (const AllowedSigner& signer :
       signing::parse_allowed_signers(read_allowed_signers(*parts.database, head))) {
    report.listed.push_back(
        {signer.principal, signer.key.fingerprint(), signer.key.line(), signer.valid_before});
  }
  try {
    const signing::SigningKey key = open_signing_key(parts.options);
    report.principal = key.principal();
    report.fingerprint = key.public_key().fingerprint();
    report.line = key.public_key().line();
    const auto listed =
        std::find_if(report.listed.begin(), report.listed.end(),
                     [&](const ListedKey& one) { return one.fingerprint == report.fingerprint; });
    if (listed == report.listed.end()) {
      report.fault = "the chain does not trust it";
    } else if (!listed->valid_before.empty()) {
      report.fault = "another key has replaced it";
    } else {
      report.principal = listed->principal;
      report.verifier_key = signing::verifier_key(
          checkpoint_origin(find_first_event(*parts.database, head.id)), key.public_key());
    }
  } catch (const Error& error) {
    report.fault = error.what();
  }
  return report;
}

std::uint64_t change_key(Store& store, const std::string& key, const std::string& program,
                         const std::string& agent_socket, const SettingsEdit& settings) {
  Store::Parts& parts = store.parts();
  parts.require_writable();
  StoreOptions options = parts.options;
  options.key_path = key;
  options.sign_program = program;
  options.agent_socket = agent_socket;
  signing::SigningKey next = open_signing_key(options);
  if (next.public_key() == parts.key->public_key()) return 0;
  // Nobody could go on with a key whose secret is not at hand after all.
  const std::string trial = "a trial of a new key";
  if (signing::verify_signature(trial, next.sign(trial)) != next.public_key()) {
    throw Error(Errc::Key, "cannot take the new key", "its signature is another key's");
  }
  PreparedSettings prepared(parts, settings);
  Event event;
  event.event_type = kKeyChange;
  event.subject = next.public_key().fingerprint();
  event.extra = prepared.members();
  event.extra["key_before"] = parts.key->public_key().fingerprint();
  event.extra["key_after"] = next.public_key().fingerprint();
  const ChainLink link = publish_list(
      store, std::move(event),
      [&](std::vector<AllowedSigner>& signers, const ChainLink& head, Event&) {
        require_not_revoked(*parts.database, head, next.public_key().fingerprint());
        std::erase_if(signers, [&](const auto& one) { return one.key == next.public_key(); });
        for (AllowedSigner& signer : signers) {
          if (signer.key != parts.key->public_key()) continue;
          // Where the clock went back, what was dated later stays before it, too.
          signer.valid_before = expiry(std::max(parts.now(), head.event.time));
        }
        signers.push_back({next.principal(), next.public_key(), {}});
      });
  parts.options = options;
  parts.key = std::move(next);
  prepared.finish();
  return link.event.sequence;
}

std::uint64_t revoke_key(Store& store, const std::string& fingerprint,
                         std::optional<std::uint64_t> from) {
  Store::Parts& parts = store.parts();
  parts.require_writable();
  const std::string what = fmt::format("cannot revoke the key {}", quoted(fingerprint));
  if (parts.key->public_key().fingerprint() == fingerprint) {
    throw Error(Errc::Invalid, what, "it is the one that signs",
                "take another one first: stravinsky key use FILE");
  }
  Event event;
  event.event_type = kKeyRevoke;
  event.subject = fingerprint;
  event.extra["key"] = fingerprint;
  const ChainLink link = publish_list(
      store, std::move(event),
      [&](std::vector<AllowedSigner>& signers, const ChainLink& head, Event& told) {
        const std::uint64_t first = from.value_or(head.event.sequence + 1);
        const auto before =
            first > 1 ? find_sequence(*parts.database, head.id, first - 1) : std::nullopt;
        if (!before) {
          throw Error(Errc::Invalid, what,
                      fmt::format("the chain has events 1 to {}", head.event.sequence),
                      "give --from a number from 2 on");
        }
        bool found = false;
        const std::string until =
            expiry(read_link(*parts.database, *before).event.time - std::chrono::seconds(10));
        for (AllowedSigner& signer : signers) {
          if (signer.key.fingerprint() != fingerprint) continue;
          if (signer.valid_before.empty() || until < signer.valid_before) {
            signer.valid_before = until;
          }
          found = true;
        }
        if (!found) {
          throw Error(Errc::NotFound, what, "the chain does not list it",
                      "`stravinsky key show` lists the keys");
        }
        told.extra["from"] = first;
      });
  return link.event.sequence;
}

namespace {

/// Both halves get their names with the event that tells of them.
void import_as_operation(Store::Parts& parts, const signing::SigningKey& key,
                         const std::string& to) {
  parts.require_writable();
  const Timestamp started = parts.now();
  PendingFiles files(parts);
  signing::require_place_for_key(to);
  const signing::KeyText text(key, to);
  const std::array<FileChange, 2> changes = {{
      {to, {}, as_bytes(signing::view_of(text.secret_file)), 0600, true},
      {to + ".pub", {}, as_bytes(text.public_file), 0644, false},
  }};
  Event event;
  event.event_type = kKeyImport;
  event.subject = key.public_key().fingerprint();
  event.extra = files.prepare(changes);
  event.extra["key"] = event.subject;
  record_event(parts, std::move(event), started);
  files.finish();
}

}  // namespace

std::string import_key(const std::string& from, const std::string& to, Store* store) {
  const signing::SigningKey key = signing::read_key(from);
  fs::make_directories(fs::parent_of(to));
  if (store == nullptr) {
    signing::write_key(to, key);
  } else {
    import_as_operation(store->parts(), key, to);
  }
  return key.public_key().fingerprint();
}

}  // namespace stravinsky
