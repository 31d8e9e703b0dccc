#include "stravinsky/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "core/text.hpp"

namespace stravinsky {
namespace {

constexpr std::size_t kMostRepeated = 999;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// How many bytes at the start of `text` are UTF-8.
std::size_t utf8_prefix(std::string_view text) {
  std::size_t offset = 0;
  while (offset < text.size()) {
    std::size_t length = 1;
    while (length <= 4 && !is_utf8(text.substr(offset, length))) ++length;
    if (length > 4) break;
    offset += length;
  }
  return offset;
}

void append_utf8(std::string& out, std::uint32_t point) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | point >> 6);
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3F));
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  }
}

/// Recursive descent; `kJsonDepth` bounds the recursion. A member that returns false has called
/// `fail`, and nothing is read after that.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::variant<JsonValue, JsonFault> run() {
    JsonValue value;
    if (check_bytes() && parse_value(value) && expect_end()) return value;
    return std::move(fault_);
  }

  /// The same, with keys that stand twice in `repeated` instead of as the end.
  std::variant<JsonValue, JsonFault> run(std::vector<JsonFault>& repeated) {
    repeated_ = &repeated;
    return run();
  }

 private:
  bool fail(std::string reason) { return fail_at(here(), std::move(reason)); }

  bool fail_at(JsonPosition at, std::string reason) {
    fault_ = {at, std::move(reason)};
    return false;
  }

  /// The position of `next_`, which never goes back: the whole text is counted once.
  JsonPosition here() {
    for (; counted_ < next_; ++counted_) {
      if (text_[counted_] == '\n') {
        ++position_.line;
        position_.column = 1;
      } else if ((static_cast<unsigned char>(text_[counted_]) & 0xC0) != 0x80) {
        ++position_.column;  // bytes 10xxxxxx continue a character
      }
    }
    return position_;
  }

  bool at_end() const { return next_ == text_.size(); }
  /// The next byte; NUL at the end, which no JSON text contains outside escapes.
  char peek() const { return at_end() ? '\0' : text_[next_]; }

  bool take(char c) {
    if (peek() != c || at_end()) return false;
    ++next_;
    return true;
  }

  void skip_blanks() {
    while (!at_end() && std::string_view(" \t\n\r").find(text_[next_]) != std::string_view::npos) {
      ++next_;
    }
  }

  /// What stands at `next_`, for a message.
  std::string found() const {
    if (at_end()) return "the end of the text";
    std::size_t length = 1;
    while (!is_utf8(text_.substr(next_, length))) ++length;
    return quoted(text_.substr(next_, length));
  }

  bool check_bytes() {
    if (text_.size() > kJsonSize) {
      return fail(fmt::format("the text has more than {} bytes", kJsonSize));
    }
    if (text_.starts_with(kByteOrderMark)) {
      return fail("the text starts with a byte order mark: save it as UTF-8 without one");
    }
    if (is_utf8(text_)) return true;
    next_ = utf8_prefix(text_);
    return fail("the text is not UTF-8");
  }

  bool expect_end() {
    skip_blanks();
    if (at_end()) return true;
    if (peek() == '/') return fail("comments are not JSON");
    return fail(fmt::format("expected the end of the text, found {}", found()));
  }

  bool parse_value(JsonValue& value) {
    skip_blanks();
    value.at = here();
    if (++values_ > kJsonValues) {
      return fail(fmt::format("the text has more than {} values", kJsonValues));
    }
    const char c = peek();
    if (c == '{') return parse_object(value.data.emplace<JsonObject>());
    if (c == '[') return parse_array(value.data.emplace<JsonArray>());
    if (c == '"') return parse_string(value.data.emplace<std::string>());
    if (c == '-' || is_digit(c)) return parse_number(value);
    if (is_letter(c)) return parse_word(value);
    if (c == '/') return fail("comments are not JSON");
    if (c == '\'') return fail("strings stand in double quotes");
    return fail(fmt::format("expected a value, found {}", found()));
  }

  bool parse_word(JsonValue& value) {
    std::size_t end = next_;
    while (end < text_.size() && is_letter(text_[end])) ++end;
    const std::string_view word = text_.substr(next_, end - next_);
    if (word == "true") {
      value.data = true;
    } else if (word == "false") {
      value.data = false;
    } else if (word != "null") {
      return fail(fmt::format("{} is no JSON value", quoted(word.substr(0, 40))));
    }
    next_ = end;
    return true;
  }

  bool parse_number(JsonValue& value) {
    const std::size_t start = next_;
    bool whole = true;
    take('-');
    if (take('0')) {
      if (is_digit(peek())) return fail("a number has no zero in front");
    } else if (!take_digits()) {
      return false;
    }
    if (take('.')) {
      whole = false;
      if (!take_digits()) return false;
    }
    if (take('e') || take('E')) {
      whole = false;
      if (!take('-')) take('+');
      if (!take_digits()) return false;
    }
    const char* const first = text_.data() + start;
    const char* const last = text_.data() + next_;
    std::int64_t integer = 0;
    if (whole && std::from_chars(first, last, integer).ec == std::errc()) {
      value.data = integer;
      return true;
    }
    double real = 0;
    if (std::from_chars(first, last, real).ec != std::errc()) {
      return fail_at(
          value.at,
          fmt::format("no double holds the number {}",
                      quoted(text_.substr(start, std::min<std::size_t>(next_ - start, 40)))));
    }
    value.data = real;
    return true;
  }

  bool take_digits() {
    if (!is_digit(peek())) return fail(fmt::format("expected a digit, found {}", found()));
    while (is_digit(peek())) ++next_;
    return true;
  }

  bool parse_string(std::string& out) {
    const JsonPosition start = here();
    ++next_;
    for (;;) {
      std::size_t end = next_;
      while (end < text_.size() && text_[end] != '"' && text_[end] != '\\' &&
             static_cast<unsigned char>(text_[end]) >= 0x20) {
        ++end;
      }
      out += text_.substr(next_, end - next_);
      next_ = end;
      if (take('"')) return true;
      if (peek() == '\\' && !at_end()) {
        if (!parse_escape(out)) return false;
      } else if (at_end() || peek() == '\n' || peek() == '\r') {
        return fail_at(start, "the string is not closed on its line");
      } else {
        return fail(fmt::format("a control character in a string is written \\u{:04x}",
                                static_cast<unsigned>(static_cast<unsigned char>(peek()))));
      }
    }
  }

  bool parse_escape(std::string& out) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const JsonPosition start = here();
    ++next_;
    if (take('u')) return parse_unicode_escape(start, out);
    const std::size_t known = at_end() ? std::string_view::npos : kLetters.find(peek());
    if (known == std::string_view::npos) {
      return fail_at(start, fmt::format("a backslash is not followed by {} in JSON", found()));
    }
    out += kMeanings[known];
    ++next_;
    return true;
  }

  bool parse_unicode_escape(JsonPosition start, std::string& out) {
    const std::optional<std::uint32_t> high = take_hex();
    if (!high) return fail_at(start, "\\u takes four hexadecimal digits");
    std::uint32_t point = *high;
    if (point >= 0xDC00 && point <= 0xDFFF) return fail_at(start, "a lone surrogate");
    if (point >= 0xD800 && point <= 0xDBFF) {
      std::optional<std::uint32_t> low;
      if (take('\\') && take('u')) low = take_hex();
      if (!low || *low < 0xDC00 || *low > 0xDFFF) return fail_at(start, "a lone surrogate");
      point = 0x10000 + ((point - 0xD800) << 10) + (*low - 0xDC00);
    }
    append_utf8(out, point);
    return true;
  }

  std::optional<std::uint32_t> take_hex() {
    if (text_.size() - next_ < 4) return std::nullopt;
    const auto value = parse_unsigned(text_.substr(next_, 4), 16);
    if (!value) return std::nullopt;
    next_ += 4;
    return static_cast<std::uint32_t>(*value);
  }

  bool enter() {
    if (++depth_ > kJsonDepth) {
      return fail(fmt::format("more than {} arrays and objects inside each other", kJsonDepth));
    }
    ++next_;
    skip_blanks();
    return true;
  }

  /// After an element: true with `more` set, or the closing bracket taken, or a failure.
  bool next_element(char close, bool& more) {
    skip_blanks();
    more = false;
    if (take(close)) {
      --depth_;
      return true;
    }
    const std::size_t comma = next_;
    if (!take(',')) {
      return fail(fmt::format("expected ',' or '{}', found {}", close, found()));
    }
    skip_blanks();
    if (peek() == close && !at_end()) {
      next_ = comma;
      return fail(fmt::format("a comma before '{}' is not JSON", close));
    }
    more = true;
    return true;
  }

  bool parse_array(JsonArray& array) {
    if (!enter()) return false;
    bool more = peek() != ']' || at_end();
    if (!more) return next_element(']', more);
    while (more) {
      if (!parse_value(array.emplace_back())) return false;
      if (!next_element(']', more)) return false;
    }
    return true;
  }

  bool parse_object(JsonObject& object) {
    if (!enter()) return false;
    bool more = peek() != '}' || at_end();
    if (!more) return next_element('}', more);
    while (more) {
      JsonMember& member = object.emplace_back();
      skip_blanks();
      member.at = here();
      if (peek() != '"') return fail(fmt::format("expected a key in quotes, found {}", found()));
      if (!parse_string(member.key)) return false;
      skip_blanks();
      if (!take(':')) return fail(fmt::format("expected ':' after a key, found {}", found()));
      if (!parse_value(member.value)) return false;
      if (!next_element('}', more)) return false;
    }
    return check_keys(object);
  }

  bool check_keys(const JsonObject& object) {
    std::vector<JsonFault> repeated = find_repeated_keys(object);
    if (repeated.empty()) return true;
    if (repeated_ == nullptr) {
      fault_ = std::move(repeated.front());
      return false;
    }
    for (JsonFault& fault : repeated) {
      if (repeated_->size() < kMostRepeated) repeated_->push_back(std::move(fault));
    }
    return true;
  }

  std::string_view text_;
  std::size_t next_ = 0;
  std::size_t counted_ = 0;  ///< `position_` is that of this byte
  JsonPosition position_;
  std::size_t depth_ = 0, values_ = 0;
  JsonFault fault_;
  std::vector<JsonFault>* repeated_ =
      nullptr;  ///< where keys that stand twice go; null: they end it
};

}  // namespace

std::variant<JsonValue, JsonFault> try_parse_json(std::string_view text) {
  return Parser(text).run();
}

JsonReading read_json(std::string_view text) {
  JsonReading reading;
  auto parsed = Parser(text).run(reading.faults);
  const auto earlier = [](const JsonFault& a, const JsonFault& b) { return a.at < b.at; };
  std::stable_sort(reading.faults.begin(), reading.faults.end(), earlier);
  if (auto* fault = std::get_if<JsonFault>(&parsed)) {
    reading.faults.push_back(std::move(*fault));
  } else {
    reading.value = std::get<JsonValue>(std::move(parsed));
  }
  return reading;
}

JsonValue parse_json(std::string_view text, const std::string& file) {
  auto parsed = try_parse_json(text);
  if (const auto* fault = std::get_if<JsonFault>(&parsed)) {
    throw json_error(file, fault->at, fault->reason);
  }
  return std::get<JsonValue>(std::move(parsed));
}

}  // namespace stravinsky
