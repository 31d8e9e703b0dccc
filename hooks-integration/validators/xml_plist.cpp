#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "stravinsky/text.hpp"
#include "validators/open_value.hpp"
#include "validators/plist.hpp"
#include "validators/xml_text.hpp"

namespace stravinsky::hooks {
namespace {

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_base64(std::string_view text) {
  std::size_t letters = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    if (is_blank({&c, 1})) continue;
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                        (c >= '0' && c <= '9') || c == '+' || c == '/';
    if (c == '=') {
      ++padding;
    } else if (!letter || padding > 0) {
      return false;
    } else {
      ++letters;
    }
  }
  return padding <= 2 && (letters + padding) % 4 == 0;
}

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// Builds values from elements. A level is an element that is open: a collection, or one with text.
class PlistReader {
 public:
  explicit PlistReader(JsonReading& reading) : reading_(reading) {}

  std::string start(const std::string& name, const XmlHandler::Attributes& attributes,
                    JsonPosition at) {
    if (!in_plist_) {
      if (name != "plist") return fmt::format("the root element is {}, not 'plist'", quoted(name));
      for (const auto& [key, value] : attributes) {
        if (key == "version" && value != "1.0")
          return "the version of the property list is not 1.0";
      }
      in_plist_ = true;
      return {};
    }
    static constexpr std::string_view kNames[] = {"dict", "array", "string", "integer", "real",
                                                  "true", "false", "date",   "data",    "key"};
    if (std::find(std::begin(kNames), std::end(kNames), name) == std::end(kNames)) {
      return fmt::format("an element {} is not of a property list", quoted(name));
    }
    if (std::string reason = judge_place(name); !reason.empty()) return reason;
    if (++values_ > kJsonValues) return fmt::format("more than {} values", kJsonValues);
    Level& level = open_.emplace_back();
    level.name = name;
    level.value.at = at;
    if (name == "dict") level.value.data = JsonObject();
    if (name == "array") level.value.data = JsonArray();
    return {};
  }

  std::string text(std::string_view text) {
    const bool takes_text =
        !open_.empty() && open_.back().name != "dict" && open_.back().name != "array";
    if (takes_text) {
      open_.back().text += text;
    } else if (!is_blank(text)) {
      return "text between elements";
    }
    return {};
  }

  std::string end(const std::string& name) {
    if (open_.empty()) {
      return has_value_ ? std::string() : "the property list is empty";
    }
    Level level = std::move(open_.back());
    open_.pop_back();
    if (name == "key") {
      open_.back().key = std::move(level.text);
      open_.back().key_at = level.value.at;
      open_.back().has_key = true;
      return {};
    }
    if (std::string reason = finish(level); !reason.empty()) return reason;
    put(std::move(level.value));
    return {};
  }

  JsonValue result() { return std::move(value_); }

 private:
  struct Level : OpenValue {
    std::string name, text;
  };

  std::string judge_place(const std::string& name) const {
    if (open_.empty()) {
      if (has_value_) return "a second value at the top";
      return name == "key" ? "a key outside a dictionary" : std::string();
    }
    const Level& around = open_.back();
    if (around.name == "dict") {
      if (name == "key" && around.has_key) return "a key where the value of another is wanted";
      if (name != "key" && !around.has_key) return "a value without a key";
      return {};
    }
    if (name == "key") return "a key outside a dictionary";
    return around.name == "array" ? std::string()
                                  : fmt::format("an element inside {}", quoted(around.name));
  }

  /// Turns the text of an element into its value.
  std::string finish(Level& level) {
    const std::string& name = level.name;
    JsonValue& value = level.value;
    if (name == "dict") {
      if (level.has_key) return fmt::format("the key {} has no value", quoted(level.key));
      check_keys(*value.as<JsonObject>(), reading_);
      return {};
    }
    if (name == "array") return {};
    if (name == "string") {
      value.data = std::move(level.text);
      return {};
    }
    const std::string text = trimmed(level.text);
    if (name == "true" || name == "false") {
      if (!text.empty()) return fmt::format("text in {}", quoted(name));
      value.data = name == "true";
    } else if (name == "integer") {
      return read_integer(text, value);
    } else if (name == "real") {
      return read_real(text, value);
    } else if (name == "date") {
      if (!is_plist_date(text)) return fmt::format("{} is no date", quoted(text.substr(0, 40)));
      value.data = text;
    } else {
      if (!is_base64(text)) return "the data are not base64";
      value.data = text;
    }
    return {};
  }

  static std::string read_integer(std::string_view text, JsonValue& value) {
    std::string_view digits = text;
    if (digits.starts_with('+') || digits.starts_with('-')) digits.remove_prefix(1);
    const bool is_hex = digits.starts_with("0x") && digits.size() > 2 &&
                        digits.find_first_not_of("0123456789abcdefABCDEF", 2) == digits.npos;
    if (!is_hex && !all_digits(digits)) {
      return fmt::format("{} is no integer", quoted(text.substr(0, 40)));
    }
    std::uint64_t number = 0;
    const std::string_view plain = is_hex ? digits.substr(2) : digits;
    const auto [end, error] =
        std::from_chars(plain.data(), plain.data() + plain.size(), number, is_hex ? 16 : 10);
    if (error != std::errc()) return "the integer has more than 64 bits";
    const bool is_negative = text.starts_with('-');
    const auto most = std::uint64_t(INT64_MAX);
    if (number <= most) {
      value.data =
          is_negative ? -static_cast<std::int64_t>(number) : static_cast<std::int64_t>(number);
    } else {
      value.data = is_negative ? -double(number) : double(number);
    }
    return {};
  }

  static std::string read_real(std::string_view text, JsonValue& value) {
    double number = 0;
    const std::string_view plain = text.starts_with('+') ? text.substr(1) : text;
    const auto [end, error] = std::from_chars(plain.data(), plain.data() + plain.size(), number);
    if (error != std::errc() || end != plain.data() + plain.size()) {
      return fmt::format("{} is no number", quoted(text.substr(0, 40)));
    }
    value.data = number;
    return {};
  }

  void put(JsonValue value) {
    if (open_.empty()) {
      value_ = std::move(value);
      has_value_ = true;
      return;
    }
    open_.back().put(std::move(value));
  }

  JsonReading& reading_;
  std::vector<Level> open_;
  JsonValue value_;
  std::size_t values_ = 0;
  bool in_plist_ = false, has_value_ = false;
};

}  // namespace

bool is_plist_date(std::string_view text) noexcept {
  static constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:ddZ";
  if (text.size() != kForm.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kForm[i] == 'd' ? !digit : text[i] != kForm[i]) return false;
  }
  const auto two = [&](std::size_t i) { return (text[i] - '0') * 10 + (text[i + 1] - '0'); };
  return two(5) >= 1 && two(5) <= 12 && two(8) >= 1 && two(8) <= 31 && two(11) <= 23 &&
         two(14) <= 59 && two(17) <= 60;
}

JsonReading read_xml_plist(std::string_view text) {
  JsonReading reading;
  PlistReader reader(reading);
  XmlHandler handler;
  handler.start = [&](const std::string& name, const XmlHandler::Attributes& attributes,
                      JsonPosition at) { return reader.start(name, attributes, at); };
  handler.end = [&](const std::string& name, JsonPosition) { return reader.end(name); };
  handler.text = [&](std::string_view piece, JsonPosition) { return reader.text(piece); };
  handler.doctype = [](const std::string& name, bool has_internal_subset) -> std::string {
    if (name != "plist") return "the document type is not 'plist'";
    return has_internal_subset ? "declarations inside the document type" : std::string();
  };
  if (auto fault = read_xml(text, handler)) {
    reading.faults.push_back(*std::move(fault));
  } else {
    reading.value = reader.result();
  }
  return reading;
}

}  // namespace stravinsky::hooks
