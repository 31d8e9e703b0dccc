#include "validators/yaml_text.hpp"

#include <fmt/format.h>
#include <libfyaml.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "stravinsky/text.hpp"
#include "validators/open_value.hpp"

namespace stravinsky::hooks {
namespace {

struct FreeDiag {
  void operator()(fy_diag* diag) const { fy_diag_destroy(diag); }
};
struct FreeParser {
  void operator()(fy_parser* parser) const { fy_parser_destroy(parser); }
};

class Event {
 public:
  Event(fy_parser* parser, fy_event* event) : parser_(parser), event_(event) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { fy_parser_event_free(parser_, event_); }

  explicit operator bool() const { return event_ != nullptr; }
  fy_event_type type() const { return event_->type; }
  JsonPosition at() const {
    const fy_mark* mark = fy_event_start_mark(event_);
    if (mark == nullptr) return {};
    return {static_cast<std::uint32_t>(mark->line + 1),
            static_cast<std::uint32_t>(mark->column + 1)};
  }
  std::string_view scalar() const {
    std::size_t length = 0;
    const char* text = fy_token_get_text(event_->scalar.value, &length);
    return text == nullptr ? std::string_view() : std::string_view(text, length);
  }
  bool is_plain() const { return fy_token_scalar_style(event_->scalar.value) == FYSS_PLAIN; }
  bool has_anchor() const {
    switch (event_->type) {
      case FYET_SCALAR:
        return event_->scalar.anchor != nullptr;
      case FYET_SEQUENCE_START:
        return event_->sequence_start.anchor != nullptr;
      case FYET_MAPPING_START:
        return event_->mapping_start.anchor != nullptr;
      default:
        return false;
    }
  }
  bool has_tag() const { return event_->type == FYET_SCALAR && event_->scalar.tag != nullptr; }

 private:
  fy_parser* parser_;
  fy_event* event_;
};

template <typename T>
std::optional<T> parse_whole(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

/// A plain scalar by the core schema.
void resolve(std::string_view text, JsonValue& value) {
  std::string_view number = text;
  if (number.starts_with('+')) number.remove_prefix(1);
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) {
    value.data = nullptr;
  } else if (is_one_of(text, {"true", "True", "TRUE"})) {
    value.data = true;
  } else if (is_one_of(text, {"false", "False", "FALSE"})) {
    value.data = false;
  } else if (const auto integer = parse_whole<std::int64_t>(number)) {
    value.data = *integer;
  } else if (const auto real = parse_whole<double>(number);
             real && number.find_first_not_of("0123456789.eE+-") == std::string_view::npos) {
    value.data = *real;  // without "nan" and "infinity", which are words here
  } else {
    value.data = std::string(text);
  }
}

/// Builds values from events. One level of `open_` is one collection that is not closed.
class Reader {
 public:
  explicit Reader(JsonReading& reading) : reading_(reading) {}

  /// @returns whether to go on
  bool take(const Event& event) {
    if (event.has_anchor()) {
      return stop(event.at(), "an anchor: aliases are refused, as a few lines of them fill memory");
    }
    switch (event.type()) {
      case FYET_ALIAS:
        return stop(event.at(), "an alias: refused, as a few lines of them fill memory");
      case FYET_DOCUMENT_START:
        ++documents_;
        return true;
      case FYET_SCALAR:
        return take_scalar(event);
      case FYET_SEQUENCE_START:
        return open(event, JsonArray());
      case FYET_MAPPING_START:
        return open(event, JsonObject());
      case FYET_SEQUENCE_END:
      case FYET_MAPPING_END:
        return close();
      default:
        return true;
    }
  }

  JsonValue result() { return std::move(first_); }
  bool stopped() const { return stopped_; }

 private:
  bool stop(JsonPosition at, std::string reason) {
    reading_.faults.push_back({at, std::move(reason)});
    stopped_ = true;
    return false;
  }

  bool count(const Event& event) {
    if (++values_ <= kJsonValues) return true;
    return stop(event.at(), fmt::format("the text has more than {} values", kJsonValues));
  }

  bool wants_key() const {
    return !open_.empty() && open_.back().value.as<JsonObject>() != nullptr &&
           !open_.back().has_key;
  }

  bool take_scalar(const Event& event) {
    if (!count(event)) return false;
    if (wants_key()) {
      OpenValue& level = open_.back();
      level.key = std::string(event.scalar());
      level.key_at = event.at();
      level.has_key = true;
      return true;
    }
    JsonValue value;
    value.at = event.at();
    if (event.is_plain() && !event.has_tag()) {
      resolve(event.scalar(), value);
    } else {
      value.data = std::string(event.scalar());
    }
    put(std::move(value));
    return true;
  }

  template <typename Collection>
  bool open(const Event& event, Collection collection) {
    if (!count(event)) return false;
    if (wants_key()) return stop(event.at(), "a key that is a list or a map");
    if (open_.size() == kJsonDepth) {
      return stop(event.at(),
                  fmt::format("more than {} collections inside each other", kJsonDepth));
    }
    OpenValue& level = open_.emplace_back();
    level.value.at = event.at();
    level.value.data = std::move(collection);
    return true;
  }

  bool close() {
    if (open_.empty()) return true;
    JsonValue value = std::move(open_.back().value);
    open_.pop_back();
    if (const auto* object = value.as<JsonObject>()) check_keys(*object, reading_);
    put(std::move(value));
    return true;
  }

  void put(JsonValue value) {
    if (open_.empty()) {
      if (documents_ <= 1) first_ = std::move(value);
      return;
    }
    open_.back().put(std::move(value));
  }

  JsonReading& reading_;
  std::vector<OpenValue> open_;
  JsonValue first_;
  std::size_t documents_ = 0, values_ = 0;
  bool stopped_ = false;
};

std::unique_ptr<fy_diag, FreeDiag> collecting_diag() {
  fy_diag_cfg settings;
  fy_diag_cfg_default(&settings);
  settings.fp = nullptr;  // nothing of it goes to standard error
  settings.output_fn = [](fy_diag*, void*, const char*, std::size_t) {};
  std::unique_ptr<fy_diag, FreeDiag> diag(fy_diag_create(&settings));
  if (diag) fy_diag_set_collect_errors(diag.get(), true);
  return diag;
}

JsonFault first_error(fy_diag* diag) {
  void* state = nullptr;
  const fy_diag_error* error = fy_diag_errors_iterate(diag, &state);
  if (error == nullptr) return {{}, "the text is no YAML"};
  std::string reason = error->msg == nullptr ? "the text is no YAML" : error->msg;
  while (!reason.empty() && (reason.back() == '\n' || reason.back() == ' ')) reason.pop_back();
  const auto number = [](int n) { return static_cast<std::uint32_t>(std::max(n, 1)); };
  return {{number(error->line), number(error->column)}, std::move(reason)};
}

}  // namespace

JsonReading read_yaml(std::string_view text) {
  JsonReading reading;
  const auto refuse = [&reading](std::string reason) {
    reading.faults.push_back({{}, std::move(reason)});
    return std::move(reading);
  };
  if (text.size() > kJsonSize) {
    return refuse(fmt::format("the text has more than {} bytes", kJsonSize));
  }
  if (!is_utf8(text)) return refuse("the text is not UTF-8");
  if (text.find('\0') != std::string_view::npos) return refuse("the text holds a NUL byte");

  const auto diag = collecting_diag();
  fy_parse_cfg settings{};
  settings.flags = FYPCF_QUIET;
  settings.diag = diag.get();
  const std::unique_ptr<fy_parser, FreeParser> parser(fy_parser_create(&settings));
  if (!diag || !parser) throw std::bad_alloc();
  if (fy_parser_set_string(parser.get(), text.data(), text.size()) != 0) throw std::bad_alloc();

  Reader reader(reading);
  for (;;) {
    const Event event(parser.get(), fy_parser_parse(parser.get()));
    if (!event || !reader.take(event)) break;
  }
  if (reader.stopped()) return reading;
  if (fy_parser_get_stream_error(parser.get()) || fy_diag_got_error(diag.get())) {
    reading.faults.push_back(first_error(diag.get()));
    return reading;
  }
  reading.value = reader.result();
  return reading;
}

}  // namespace stravinsky::hooks
