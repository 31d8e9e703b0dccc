// Every format gives the fields that other programs ask for by name; the whole event is in JSON.
#include <fmt/format.h>

#include <array>

#include "audit.hpp"
#include "present/json.hpp"

namespace stravinsky::cli {
namespace {

constexpr std::string_view kColumns =
    "sequence,event_id,timestamp,event_type,subject,status,version,previous_version,user,hostname,"
    "tool_version,operation_duration_seconds,error,commit,signature";

/// In the order of `kColumns`. Numbers stand first and in the place before the last three.
std::array<std::string, 15> fields(const AuditEvent& event) {
  const bool has_profile = !event.profiles.empty();
  return {std::to_string(event.sequence),
          event.event_id,
          rfc3339(event.time),
          event.event_type,
          event.subject,
          event.status,
          has_profile ? event.profiles.front().version_after : "",
          has_profile ? event.profiles.front().version_before : "",
          event.user,
          event.host,
          event.tool,
          fmt::format("{}", event.duration_seconds),
          event.error,
          event.commit.hex(),
          !event.signature        ? ""
          : event.signature->good ? "good"
                                  : event.signature->fault};
}

/// As RFC 4180 wants it.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

std::string sql_text(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += '\'';
    if (c != '\0') quoted += c;
  }
  return quoted + "'";
}

std::string csv_line(const AuditEvent& event) {
  std::string line;
  for (const std::string& field : fields(event)) {
    if (!line.empty()) line += ',';
    line += csv_field(field);
  }
  return line + "\r\n";
}

std::string sql_line(const AuditEvent& event) {
  const auto values = fields(event);
  std::string line = "INSERT INTO events VALUES(";
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool is_number = i == 0 || i == 11;
    line += (i == 0 ? "" : ",") + (is_number ? values[i] : sql_text(values[i]));
  }
  return line + "," + sql_text(event.json) + ");\n";
}

std::string json_line(const AuditEvent& event) {
  Json json = Json::parse(event.json, nullptr, false);
  json["commit"] = event.commit.hex();
  json["subject"] = event.subject;
  if (event.signature) json["signature"] = to_json(*event.signature);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string export_head(ExportFormat format) {
  switch (format) {
    case ExportFormat::Jsonl:
      return {};
    case ExportFormat::Csv:
      return std::string(kColumns) + "\r\n";
    case ExportFormat::Sql:
      return "BEGIN;\n"
             "CREATE TABLE events(sequence INTEGER PRIMARY KEY, event_id TEXT, timestamp TEXT, "
             "event_type TEXT, subject TEXT, status TEXT, version TEXT, previous_version TEXT, "
             "\"user\" TEXT, hostname TEXT, tool_version TEXT, operation_duration_seconds REAL, "
             "error TEXT, \"commit\" TEXT, signature TEXT, json TEXT);\n"
             "CREATE INDEX events_timestamp ON events(timestamp);\n"
             "CREATE INDEX events_event_type ON events(event_type);\n"
             "CREATE INDEX events_version ON events(version);\n";
  }
  return {};
}

std::string export_end(ExportFormat format) {
  return format == ExportFormat::Sql ? "COMMIT;\n" : std::string();
}

std::string export_event(ExportFormat format, const AuditEvent& event) {
  switch (format) {
    case ExportFormat::Jsonl:
      return json_line(event);
    case ExportFormat::Csv:
      return csv_line(event);
    case ExportFormat::Sql:
      return sql_line(event);
  }
  return {};
}

}  // namespace stravinsky::cli
