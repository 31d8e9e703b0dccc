#pragma once

#include <functional>
#include <string>
#include <vector>

#include "present/view.hpp"
#include "stravinsky/audit.hpp"

namespace stravinsky::cli {

void show_events(const View& view, const std::vector<AuditEvent>& events);
/// @param refs  every ref after the event; null: not asked for
void show_event(const View& view, const AuditEvent& event, const std::vector<AuditRef>* refs);
/// What differs between the refs of two moments.
void show_ref_changes(const View& view, const AuditEvent& from, const AuditEvent& to,
                      const std::vector<AuditRef>& changes);
/// What `audit restore-refs` would do, or did.
/// @param proceed   the command that does what the plan shows; empty: it was done
/// @param sequence  of the event that did it; 0: there was nothing to do
void show_refs_plan(const View& view, const AuditEvent& at, const RefsPlan& plan,
                    const std::string& proceed, std::uint64_t sequence);
/// @param note  as audit_checkpoint gives it
void show_checkpoint(const View& view, const std::string& note);
void show_audit_verified(const View& view, const AuditVerification& verification);

enum class ExportFormat { Jsonl, Csv, Sql };
/// What stands before and after the events of an export; may be empty.
std::string export_head(ExportFormat format);
std::string export_end(ExportFormat format);
/// One event, complete with its newline.
std::string export_event(ExportFormat format, const AuditEvent& event);

}  // namespace stravinsky::cli
