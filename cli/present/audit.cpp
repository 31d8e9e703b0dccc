#include "audit.hpp"

#include <fmt/format.h>

#include "present/json.hpp"
#include "present/words.hpp"
#include "stravinsky/text.hpp"

namespace stravinsky::cli {
namespace {

Json id_or_null(const std::optional<ObjectId>& id) { return id ? Json(id->hex()) : Json(); }

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

/// The event as it is stored, with what the store knows of it. The versions are the first
/// profile's.
Json event_json(const AuditEvent& event) {
  Json json = {{"sequence", event.sequence}, {"commit", event.commit.hex()}};
  Json stored = Json::parse(event.json, nullptr, false);
  if (stored.is_object()) json.update(stored);
  json["subject"] = event.subject;
  const bool has_profile = !event.profiles.empty();
  json["version"] = has_profile ? Json(event.profiles.front().version_after) : Json();
  json["previous_version"] = has_profile ? Json(event.profiles.front().version_before) : Json();
  for (const char* key : {"error", "reason", "action", "level"}) {
    if (!json.contains(key)) json[key] = Json();
  }
  if (event.signature) json["signature"] = to_json(*event.signature);
  return json;
}

Json refs_json(const std::vector<AuditRef>& refs) {
  Json list = Json::array();
  for (const AuditRef& ref : refs) {
    list.push_back({{"ref", ref.ref}, {"id", id_or_null(ref.after)}});
  }
  return list;
}

std::string short_id(const std::optional<ObjectId>& id) {
  return id ? id->hex().substr(0, 12) : std::string("(none)");
}

Json changes_json(const std::vector<AuditRef>& refs) {
  Json list = Json::array();
  for (const AuditRef& ref : refs) {
    list.push_back(
        {{"ref", ref.ref}, {"before", id_or_null(ref.before)}, {"after", id_or_null(ref.after)}});
  }
  return list;
}

void show_change(const View& view, const AuditRef& ref) {
  const char code = !ref.before ? 'A' : !ref.after ? 'D' : 'M';
  view.out.print("{} {} {} -> {}\n", code, shown(ref.ref), short_id(ref.before),
                 short_id(ref.after));
}

std::string status_word(const View& view, const AuditEvent& event) {
  return event.status == "success" ? event.status : view.bad(shown(event.status));
}

void show_move(const View& view, const AuditRef& ref) {
  view.out.print("    {} {} -> {}\n", shown(ref.ref), short_id(ref.before), short_id(ref.after));
}

}  // namespace

Json to_json(const AuditSignature& signature) {
  return {{"good", signature.good},
          {"key", text_or_null(signature.key)},
          {"principal", text_or_null(signature.principal)},
          {"fault", text_or_null(signature.fault)}};
}

void show_events(const View& view, const std::vector<AuditEvent>& events) {
  if (view.json) {
    Json json = document(view);
    json["events"] = Json::array();
    for (const AuditEvent& event : events) json["events"].push_back(event_json(event));
    return print(view, json);
  }
  for (const AuditEvent& event : events) {
    const bool is_bad = event.signature && !event.signature->good;
    view.out.print("{:>6}  {}  {}{}{}  {}{}\n", event.sequence, shown_time(event.time),
                   view.strong(shown(event.event_type)), event.subject.empty() ? "" : " ",
                   shown(event.subject), status_word(view, event),
                   is_bad ? "  " + view.bad("BAD SIGNATURE") : "");
    if (!event.error.empty()) view.out.print("        error: {}\n", shown(event.error));
    if (view.verbose > 0) {
      view.out.print("        {} by {}@{}, commit {}\n", event.event_id, shown(event.user),
                     shown(event.host), event.commit.hex());
    }
  }
}

void show_event(const View& view, const AuditEvent& event, const std::vector<AuditRef>* refs) {
  if (view.json) {
    Json json = document(view);
    json["event"] = event_json(event);
    if (refs != nullptr) json["refs"] = refs_json(*refs);
    return print(view, json);
  }
  view.out.print("Event {}: {}{}{}\n", event.sequence, view.strong(shown(event.event_type)),
                 event.subject.empty() ? "" : " ", shown(event.subject));
  view.out.print("Id:        {}\nCommit:    {}\nTime:      {}\nStatus:    {}\n", event.event_id,
                 event.commit.hex(), shown_time(event.time), status_word(view, event));
  view.out.print("By:        {}@{}, {}, in {:.3f} s\n", shown(event.user), shown(event.host),
                 shown(event.tool), event.duration_seconds);
  if (event.signature) {
    const AuditSignature& signature = *event.signature;
    view.out.print("Signature: {}{}\n",
                   signature.good ? view.good("good") : view.bad("bad: " + shown(signature.fault)),
                   signature.key.empty()
                       ? ""
                       : fmt::format(", {} {}", shown(signature.principal), signature.key));
  }
  if (!event.error.empty()) view.out.print("Error:     {}\n", shown(event.error));
  if (!event.reason.empty()) view.out.print("Reason:    {}\n", shown(event.reason));
  if (!event.action.empty()) view.out.print("Action:    {}\n", shown(event.action));
  for (const AuditProfile& profile : event.profiles) {
    view.out.print("Profile:   {}: {} {} -> {} {}\n", shown(profile.profile),
                   shown(profile.version_before), short_id(profile.before),
                   shown(profile.version_after), short_id(profile.after));
  }
  if (!event.refs.empty()) view.out.line("Moved:");
  for (const AuditRef& ref : event.refs) show_move(view, ref);
  if (!event.foreign.empty()) view.out.line("Found elsewhere than the chain had put them:");
  for (const AuditRef& ref : event.foreign) {
    view.out.print("    {} at {}\n", shown(ref.ref), short_id(ref.after));
  }
  if (refs == nullptr) return;
  view.out.line("Refs after it:");
  for (const AuditRef& ref : *refs) {
    view.out.print("    {} {}\n", ref.after ? ref.after->hex() : "", shown(ref.ref));
  }
}

void show_ref_changes(const View& view, const AuditEvent& from, const AuditEvent& to,
                      const std::vector<AuditRef>& changes) {
  if (view.json) {
    Json json = document(view);
    json["from"] = from.sequence;
    json["to"] = to.sequence;
    json["changes"] = Json::array();
    for (const AuditRef& ref : changes) {
      json["changes"].push_back(
          {{"ref", ref.ref}, {"before", id_or_null(ref.before)}, {"after", id_or_null(ref.after)}});
    }
    return print(view, json);
  }
  for (const AuditRef& ref : changes) show_change(view, ref);
  if (changes.empty() && !view.quiet) view.out.line("No ref differs");
}

void show_refs_plan(const View& view, const AuditEvent& at, const RefsPlan& plan,
                    const std::string& proceed, std::uint64_t sequence) {
  if (view.json) {
    Json json = document(view);
    json["dry_run"] = !proceed.empty();
    json["event"] = at.sequence;
    json["sequence"] = sequence == 0 ? Json() : Json(sequence);
    json["moves"] = changes_json(plan.moves);
    json["missing"] = changes_json(plan.missing);
    json["left"] = changes_json(plan.left);
    if (!proceed.empty()) json["proceed"] = proceed;
    return print(view, json);
  }
  if (!proceed.empty()) view.out.print("Plan: refs as after event {}\n", at.sequence);
  for (const AuditRef& ref : plan.moves) show_change(view, ref);
  for (const AuditRef& ref : plan.missing) {
    view.out.print("{} {}: {} is kept no more\n", view.bad("cannot:"), shown(ref.ref),
                   short_id(ref.after));
  }
  if (!plan.left.empty() && !view.quiet) {
    view.out.print(
        "Left as it is: {}{}; what is named is brought back, too\n", shown(plan.left.front().ref),
        plan.left.size() == 1 ? ""
                              : fmt::format(" and {} more", counted(plan.left.size() - 1, "ref")));
  }
  if (plan.moves.empty()) return view.out.line("Nothing to bring back");
  if (proceed.empty()) {
    view.out.print("Brought back {} by event {}\n", counted(plan.moves.size(), "ref"), sequence);
  } else {
    view.out.print("To do it: {}\n", proceed);
  }
}

void show_checkpoint(const View& view, const std::string& note) {
  if (!view.json) return view.out.write(note);
  Json json = document(view);
  json["checkpoint"] = note;
  print(view, json);
}

void show_audit_verified(const View& view, const AuditVerification& verification) {
  const AuditVerification& v = verification;
  if (view.json) {
    Json json = document(view);
    json["ok"] = v.ok;
    json["events"] = v.events;
    json["head"] = v.head.hex();
    json["sequence"] = v.sequence;
    json["problems"] = Json::array();
    for (const AuditProblem& problem : v.problems) {
      json["problems"].push_back(
          {{"sequence", problem.sequence == 0 ? Json() : Json(problem.sequence)},
           {"kind", problem.kind},
           {"detail", problem.detail}});
    }
    json["checkpoints"] = Json::array();
    for (const CheckedCheckpoint& one : v.checkpoints) {
      json["checkpoints"].push_back(
          {{"source", one.source}, {"sequence", one.sequence}, {"agrees", one.agrees}});
    }
    json["unproved"] = v.unproved;
    return print(view, json);
  }
  for (const AuditProblem& problem : v.problems) {
    view.out.print("{} {}{}: {}\n", view.bad("problem:"),
                   problem.sequence == 0 ? "" : fmt::format("event {}: ", problem.sequence),
                   problem.kind, shown(problem.detail));
  }
  if (view.quiet && v.ok) return;
  view.out.print("{}: {}, the newest is event {}, commit {}\n",
                 v.ok ? view.good("The audit chain holds")
                      : view.bad(counted(v.problems.size(), "problem") + " found"),
                 counted(v.events, "event"), v.sequence, v.head.hex());
  for (const CheckedCheckpoint& one : v.checkpoints) {
    if (!one.agrees) continue;
    view.out.print("Checkpoint ({}): event {} is as it was then\n", shown(one.source),
                   one.sequence);
  }
  for (const std::string& sentence : v.unproved) view.out.print("Not proved: {}\n", sentence);
}

}  // namespace stravinsky::cli
