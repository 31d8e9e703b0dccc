#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stravinsky/object_id.hpp"
#include "stravinsky/progress.hpp"
#include "stravinsky/store.hpp"
#include "stravinsky/time.hpp"

namespace stravinsky {

/// A ref and where it went. Empty: it did not exist.
struct AuditRef {
  std::string ref;
  std::optional<ObjectId> before, after;
};

/// What an operation did to one profile.
struct AuditProfile {
  std::string profile, version_before, version_after;
  std::optional<ObjectId> before, after;  ///< the snapshots the live tree stood at
};

/// What is to be said of an event's signature.
struct AuditSignature {
  bool good = false;      ///< it holds, by a key that the event before trusted, for the actor named
  std::string key;        ///< `SHA256:…`; empty: no signature holds
  std::string principal;  ///< whom the key belongs to; empty: nobody trusted
  std::string fault;      ///< why it is not good
};

/// One operation that changed something, or tried to. docs/format.md 10.
struct AuditEvent {
  std::uint64_t sequence = 0;
  ObjectId commit;
  std::string event_id, event_type;
  std::string subject;  ///< what it acted on, such as `claude/before-update`
  std::string status;   ///< `success` or `failed`
  Timestamp time;
  double duration_seconds = 0;
  std::string user, host, tool;
  std::string error, reason, action;  ///< empty where they do not apply
  std::vector<AuditProfile> profiles;
  std::vector<AuditRef> refs;     ///< it moved
  std::vector<AuditRef> foreign;  ///< found elsewhere than the chain had put them: `after`
  std::string json;               ///< all of `event.json`, on one line without its newline
  std::optional<AuditSignature> signature;  ///< if it was asked for
};

/// Which events are wanted. Empty members want all.
struct AuditFilter {
  std::vector<std::string> types;         ///< one of them; compared without ASCII case
  std::string status, version, user;      ///< `version`: before or after, of any profile
  std::string profile;                    ///< one of its profiles
  std::optional<Timestamp> since, until;  ///< both included
  std::size_t limit = SIZE_MAX;
  bool check_signatures = false;  ///< costs a tenth of a millisecond each
};

/// Visits events, newest first, until `visit` returns false or the limit is reached. They are read
/// from the chain itself, not from its projections.
/// @throws Error Corrupt, NotFound; what `visit` throws
void visit_events(const Store& store, const AuditFilter& filter,
                  const std::function<bool(const AuditEvent&)>& visit);
/// The same, oldest first; `limit` counts from the oldest.
void visit_events_upwards(const Store& store, const AuditFilter& filter,
                          const std::function<bool(const AuditEvent&)>& visit);

/// One event, its signature checked.
/// @param word  an event id (`evt_…`), a sequence number, 7 to 40 hex digits of the commit, or
///              `latest`
/// @throws Error NotFound, naming what comes near; Invalid: the word is none of these
AuditEvent find_event(const Store& store, std::string_view word);

/// All refs as they were after an event, by replay of the chain: `after` is where each stood.
/// @throws Error Corrupt, NotFound, Signature
std::vector<AuditRef> list_refs_at(const Store& store, const AuditEvent& event);
/// What differs between two moments, sorted by ref.
std::vector<AuditRef> diff_refs(const std::vector<AuditRef>& before,
                                const std::vector<AuditRef>& after);

/// Something that does not hold.
struct AuditProblem {
  std::uint64_t sequence = 0;  ///< of the event; 0: of no single event
  /// `unreadable` `form` `signature` `untrusted` `actor` `link` `sequence` `refs` `ref` `snapshot`
  /// `signers` `checkpoint`
  std::string kind;
  std::string detail;
};

/// A note of what was seen earlier, and whether the chain still says the same.
struct CheckedCheckpoint {
  std::string source;  ///< `kept` for the one outside the store, else a file's name
  std::uint64_t sequence = 0;
  bool agrees = false;
};

struct AuditVerification {
  bool ok = true;
  std::uint64_t events = 0;
  ObjectId head;                       ///< the newest event
  std::uint64_t sequence = 0;          ///< its number
  std::vector<AuditProblem> problems;  ///< the chain's by sequence, then the others
  std::vector<std::string> warnings;   ///< such as clocks that ran backwards
  std::vector<CheckedCheckpoint> checkpoints;
  std::vector<std::string> unproved;  ///< what nothing at hand can prove, a sentence each
};

struct AuditVerifyOptions {
  /// Signed checkpoints to be held against the chain: a name for messages, and the text.
  std::vector<std::pair<std::string, std::string>> checkpoints;
};

/// Checks the whole chain, the refs against it, the digests of the snapshots that refs name, and
/// everything at hand that remembers an earlier state. Finds and names all it can; writes nothing;
/// works on clones.
/// @throws Error Cancelled; Corrupt: there is no chain
AuditVerification verify_audit(const Store& store, const AuditVerifyOptions& options = {},
                               Progress& progress = no_progress());

/// The chain as it is now, as a signed note to be kept elsewhere and given to `verify_audit` later.
/// docs/format.md, "Checkpoints".
/// @throws Error Key: no key that the chain trusts, or one that signs through a program; Signature:
///         the chain contradicts what was seen of it earlier
std::string audit_checkpoint(const Store& store);

/// Lets the chain count as it is, whatever was seen of it earlier: an event says so, and what was
/// seen stays beside the new checkpoint. @throws Error as an operation
void accept_audit_chain(Store& store);

/// What bringing refs back to where they were would do.
struct RefsPlan {
  std::vector<AuditRef> moves;    ///< from where they are to where they were
  std::vector<AuditRef> missing;  ///< cannot go back: what they were at is kept no more
  std::vector<AuditRef> left;     ///< differ as well, but are not asked for
};

/// @param at     the moment: after that event
/// @param names  full ref names, or `PROFILE/NAME` of snapshots. None: with the newest event every
///               ref that it knows; with an older one the snapshots' tags, since other refs are
///               what the history runs on. A ref that did not exist then goes only if it is named
/// @throws Error Invalid: a name that is no ref
RefsPlan plan_restore_refs(const Store& store, const AuditEvent& at,
                           const std::vector<std::string>& names);
/// Does what the plan says, as one operation. @returns its event's number
/// @throws Error Conflict: a ref moved since; as an operation
std::uint64_t restore_refs(Store& store, const AuditEvent& at, const RefsPlan& plan);

/// An operation that may be refused, or fail, before it publishes an event of its own.
struct Attempt {
  std::string event_type;  ///< as its event would have
  std::string subject;
  std::vector<std::string> profiles;  ///< those whose live files it was to change, as they stay
  Timestamp started;
  /// The types of the events that its store published, and how many before it began.
  std::shared_ptr<const std::vector<std::string>> published;
  std::size_t before = 0;
};
Attempt begin_attempt(const Store& store, std::string event_type, std::string subject,
                      std::vector<std::string> profiles = {});
/// Adds the event with status `failed`, unless the operation published its own, whichever way it
/// ended. A type that ends in `_SUCCESS` becomes `_FAILED`.
/// @throws Error as an operation
void record_failure(Store& store, const Attempt& attempt, const std::string& reason);

}  // namespace stravinsky
