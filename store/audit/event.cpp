#include "audit/event.hpp"

#include <fmt/format.h>

#include <array>

#include "core/json.hpp"
#include "core/random.hpp"
#include "core/text.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 13> kKnown = {"format",
                                                     "event_id",
                                                     "sequence",
                                                     "timestamp",
                                                     "event_type",
                                                     "status",
                                                     "operation_duration_seconds",
                                                     "user",
                                                     "hostname",
                                                     "tool_version",
                                                     "refs",
                                                     "profiles",
                                                     "foreign"};

std::string hex_or_zeros(const std::optional<ObjectId>& id) {
  return id.value_or(ObjectId()).hex();
}

std::optional<ObjectId> parse_id(const json& value) {
  const auto id = ObjectId::from_hex(value.get_ref<const std::string&>());
  if (!id) throw std::invalid_argument("not an object id");
  return id->is_zero() ? std::nullopt : id;
}

json to_json(const RefMove& move) {
  return {{"ref", move.name.str()},
          {"old", hex_or_zeros(move.expected)},
          {"new", hex_or_zeros(move.target)}};
}

json to_json(const ProfileChange& change) {
  json value = {{"profile", change.profile},
                {"version_before", change.version_before},
                {"version_after", change.version_after}};
  value["before"] = change.before ? json(change.before->hex()) : json();
  value["after"] = change.after ? json(change.after->hex()) : json();
  return value;
}

/// Text from outside in JSON must be UTF-8: other bytes become U+FFFD.
std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

Timestamp parse_time(const std::string& text) {
  int year = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0, nanoseconds = 0;
  int used = 0;
  if (std::sscanf(text.c_str(), "%4d-%2u-%2uT%2u:%2u:%2u.%9uZ%n", &year, &month, &day, &hour,
                  &minute, &second, &nanoseconds, &used) != 7 ||
      used != static_cast<int>(text.size()) || text.size() != 30) {
    throw std::invalid_argument("not a time");
  }
  using namespace std::chrono;
  const year_month_day date{std::chrono::year(year), std::chrono::month(month),
                            std::chrono::day(day)};
  if (!date.ok()) throw std::invalid_argument("not a date");
  return sys_days(date) + hours(hour) + minutes(minute) + seconds(second) +
         std::chrono::nanoseconds(nanoseconds);
}

}  // namespace

std::string failure_of(std::string_view event_type) {
  constexpr std::string_view kSuccess = "_SUCCESS";
  std::string type(event_type);
  if (event_type.ends_with(kSuccess))
    type.replace(type.size() - kSuccess.size(), kSuccess.size(), "_FAILED");
  return type;
}

bool is_critical(std::string_view event_type) noexcept {
  return event_type == "AUTO_ROLLBACK_FAILED";
}

std::string new_event_id() { return fmt::format("evt_{:016x}", random_number()); }

std::string encode_event(const Event& event) {
  json value = event.extra;
  value["format"] = 1;
  value["event_id"] = event.event_id;
  value["sequence"] = event.sequence;
  value["timestamp"] = rfc3339(event.time);
  value["event_type"] = event.event_type;
  value["status"] = event.status;
  value["operation_duration_seconds"] = event.duration_seconds;
  value["user"] = event.user;
  value["hostname"] = event.host;
  value["tool_version"] = event.tool;
  value["refs"] = json::array();
  for (const RefMove& move : event.moves) value["refs"].push_back(to_json(move));
  value["profiles"] = json::array();
  for (const ProfileChange& change : event.profiles) value["profiles"].push_back(to_json(change));
  for (const ForeignRef& ref : event.foreign) {
    value["foreign"].push_back({{"ref", ref.ref}, {"found", hex_or_zeros(ref.found)}});
  }
  return dump(value);
}

Event parse_event(std::string_view text, const ObjectId& id, bool* is_only_form) {
  const std::string what = fmt::format("event.json of {}", id.hex());
  json value = parse_stored_json(text, what);
  if (is_only_form != nullptr) *is_only_form = dump(value) == text;
  try {
    if (value.at("format") != 1) {
      throw Error(Errc::Corrupt, "cannot read " + what, "it has a newer format",
                  "install a newer stravinsky");
    }
    Event event;
    event.sequence = value.at("sequence").get<std::uint64_t>();
    event.event_id = value.at("event_id").get<std::string>();
    event.event_type = value.at("event_type").get<std::string>();
    event.status = value.at("status").get<std::string>();
    event.time = parse_time(value.at("timestamp").get<std::string>());
    event.duration_seconds = value.at("operation_duration_seconds").get<double>();
    event.user = value.at("user").get<std::string>();
    event.host = value.at("hostname").get<std::string>();
    event.tool = value.at("tool_version").get<std::string>();
    for (const json& move : value.at("refs")) {
      event.moves.push_back({RefName::parse(move.at("ref").get<std::string>()),
                             parse_id(move.at("old")), parse_id(move.at("new"))});
    }
    for (const json& change : value.at("profiles")) {
      ProfileChange& added = event.profiles.emplace_back();
      added.profile = change.at("profile").get<std::string>();
      added.version_before = change.at("version_before").get<std::string>();
      added.version_after = change.at("version_after").get<std::string>();
      if (!change.at("before").is_null()) added.before = parse_id(change.at("before"));
      if (!change.at("after").is_null()) added.after = parse_id(change.at("after"));
    }
    if (value.contains("foreign")) {
      for (const json& ref : value.at("foreign")) {
        event.foreign.push_back({ref.at("ref").get<std::string>(), parse_id(ref.at("found"))});
      }
    }
    for (const std::string_view key : kKnown) value.erase(std::string(key));
    event.extra = std::move(value);
    return event;
  } catch (const json::exception& error) {
    throw Error(Errc::Corrupt, "cannot read " + what, error.what());
  } catch (const std::invalid_argument& error) {
    throw Error(Errc::Corrupt, "cannot read " + what, error.what());
  }
}

}  // namespace stravinsky
