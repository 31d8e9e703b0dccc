#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "stravinsky/text.hpp"
#include "validators/kinds.hpp"

namespace stravinsky::hooks {
namespace {

constexpr std::string_view kReserved[] = {"workspace", "claude-in-chrome", "computer-use",
                                          "Claude Preview", "Claude Browser"};

bool is_server_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

/// One entry; a malformed one is passed over by its reader while the others load.
class Server {
 public:
  Server(const JsonMember& member, Findings& findings)
      : value_(member.value),
        name_(quoted(std::string_view(member.key).substr(0, 80))),
        findings_(findings) {}

  void check() {
    if (value_.as<JsonObject>() == nullptr) return wrong(value_, "is", "an object");
    const std::string* type = text("type");
    if (type == nullptr && value_.find("type") != nullptr) return;
    const std::string kind = type == nullptr ? "stdio" : *type;
    if (kind == "stdio") {
      check_stdio(type != nullptr);
    } else if (kind == "http" || kind == "streamable-http" || kind == "sse" || kind == "ws") {
      if (required("url")) map_of_strings("headers");
      text("headersHelper");
      if (const JsonValue* oauth = value_.find("oauth"); oauth != nullptr) {
        if (oauth->as<JsonObject>() == nullptr) wrong(*oauth, "'oauth' is", "an object");
      }
    } else {
      findings_.error(value_.find("type")->at,
                      fmt::format("the server {} is of an unknown type {}", name_,
                                  quoted(std::string_view(kind).substr(0, 40))));
    }
    check_timeout();
  }

 private:
  void check_stdio(bool has_type) {
    if (!has_type && value_.find("command") == nullptr && value_.find("url") != nullptr) {
      findings_.error(
          value_.find("url")->at,
          fmt::format("the server {} has 'url' and no 'type': it is not started", name_));
      return;
    }
    required("command");
    if (const JsonValue* args = value_.find("args"); args != nullptr) {
      const auto* list = args->as<JsonArray>();
      if (list == nullptr) return wrong(*args, "'args' is", "an array of strings");
      for (const JsonValue& word : *list) {
        if (word.as<std::string>() == nullptr) wrong(word, "a word of 'args' is", "a string");
      }
    }
    map_of_strings("env");
  }

  void check_timeout() {
    const JsonValue* timeout = value_.find("timeout");
    if (timeout == nullptr) return;
    const auto* number = timeout->as<std::int64_t>();
    if (number == nullptr) return wrong(*timeout, "'timeout' is", "a whole number of milliseconds");
    if (*number < 1000) {
      findings_.warning(timeout->at, "a timeout below 1000 milliseconds is ignored");
    }
  }

  const std::string* text(std::string_view key) {
    const JsonValue* value = value_.find(key);
    if (value == nullptr) return nullptr;
    const auto* string = value->as<std::string>();
    if (string == nullptr) wrong(*value, fmt::format("'{}' is", key), "a string");
    return string;
  }

  bool required(std::string_view key) {
    const JsonValue* value = value_.find(key);
    if (value == nullptr) {
      findings_.error(value_.at, fmt::format("the server {} has no '{}'", name_, key));
      return false;
    }
    const std::string* string = text(key);
    if (string != nullptr && string->empty()) {
      findings_.error(value->at, fmt::format("'{}' of the server {} is empty", key, name_));
    }
    return string != nullptr;
  }

  void map_of_strings(std::string_view key) {
    const JsonValue* value = value_.find(key);
    if (value == nullptr) return;
    const auto* members = value->as<JsonObject>();
    if (members == nullptr) return wrong(*value, fmt::format("'{}' is", key), "an object");
    for (const JsonMember& member : *members) {
      if (member.value.as<std::string>() == nullptr) {
        wrong(member.value, fmt::format("{} in '{}' is", quoted(member.key), key), "a string");
      }
    }
  }

  void wrong(const JsonValue& value, std::string_view what, std::string_view wanted) {
    findings_.error(value.at, fmt::format("the server {}: {} {}, not {}", name_, what,
                                          value.type_name(), wanted));
  }

  const JsonValue& value_;
  std::string name_;
  Findings& findings_;
};

}  // namespace

void check_mcp_servers(const ValidatedFile& file, Findings& findings) {
  const std::optional<JsonValue> read = read_json_object(file.content, findings);
  if (!read) return;
  const JsonValue& top = *read;
  const JsonValue* servers = top.find("mcpServers");
  if (servers == nullptr) {
    const JsonValue* other = top.find("servers");
    if (other != nullptr) {
      return findings.error(other->at, "'servers' is of another program: write 'mcpServers'");
    }
    return findings.error(top.at, "no 'mcpServers'");
  }
  const auto* members = servers->as<JsonObject>();
  if (members == nullptr) {
    return findings.error(servers->at,
                          fmt::format("'mcpServers' is {}, not an object", servers->type_name()));
  }
  for (const JsonMember& member : *members) {
    if (std::find(std::begin(kReserved), std::end(kReserved), member.key) != std::end(kReserved)) {
      findings.error(member.at,
                     fmt::format("the name {} is taken by the program itself", quoted(member.key)));
    } else if (!is_server_name(member.key)) {
      findings.error(member.at, fmt::format("{} is no name of a server: letters, digits, '_', '-'",
                                            quoted(std::string_view(member.key).substr(0, 80))));
    }
    Server(member, findings).check();
  }
  if (file.previous) {
    const JsonReading before = read_json(*file.previous);
    if (before.value) check_lost_entries(*before.value, top, findings);
  }
}

}  // namespace stravinsky::hooks
