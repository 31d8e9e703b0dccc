#include "update/merge_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>
#include <nlohmann/json.hpp>

#include "stravinsky/json_text.hpp"
#include "stravinsky/merge_text.hpp"
#include "stravinsky/text.hpp"
#include "update/merge_json.hpp"

namespace stravinsky::hooks {
namespace {

using Json = nlohmann::ordered_json;
using Outcome = MergedFile::Outcome;

std::optional<std::string> kept(OptionalText text) {
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

/// Whether every number, once read, is written as it stood there. One that is not would be another
/// number in the merge, and could not be told from its neighbours before.
class NumbersStay final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  // Whole numbers that fit are written with the digits that were read; "-0" alone is not.
  bool number_integer(std::int64_t value) override { return value != 0; }
  bool number_unsigned(std::uint64_t) override { return true; }
  bool number_float(double value, const std::string& text) override {
    return Json(value).dump() == text;
  }
  bool string(std::string&) override { return true; }
  bool binary(Json::binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(std::string&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t, const std::string&, const Json::exception&) override {
    return false;
  }
};

bool is_json(std::string_view text) {
  const JsonReading reading = read_json(text);
  return reading.value && reading.faults.empty();
}

/// Empty: it is no JSON, or not one that a merge could rely on.
std::optional<Json> json_of(std::string_view text) {
  if (!is_json(text)) return std::nullopt;
  NumbersStay numbers;
  if (!Json::sax_parse(text, &numbers)) return std::nullopt;
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return std::nullopt;
  return json;
}

/// As the user writes it: the blanks or tabs before the first member, and the ends of lines.
std::string written_like(const Json& json, std::string_view text) {
  const std::size_t line = text.find('\n');
  if (line == std::string_view::npos) return json.dump();
  const char blank = text.substr(line + 1).starts_with('\t') ? '\t' : ' ';
  const std::size_t word = text.find_first_not_of(blank, line + 1);
  const std::size_t count = word == std::string_view::npos ? 0 : word - line - 1;
  std::string written = json.dump(count == 0 ? 2 : static_cast<int>(count), blank);
  if (text.ends_with('\n')) written += '\n';
  if (line == 0 || text[line - 1] != '\r') return written;
  std::string with_returns;  // a string of JSON has no line end in it
  for (const char c : written) {
    if (c == '\n') with_returns += '\r';
    with_returns += c;
  }
  return with_returns;
}

MergedFile conflict(OptionalText ours, std::string reason, std::string shown = {}) {
  return {Outcome::Conflict, kept(ours), std::move(reason), std::move(shown)};
}

/// Both changed it and have it still.
MergedFile merge_json_texts(const Json& base, const Json& ours, const Json& theirs,
                            std::string_view our_text, MergedText text) {
  MergedJson merged = merge_json(base, ours, theirs);
  if (!merged.conflicts.empty()) {
    return conflict(our_text, fmt::format("both changed {}", fmt::join(merged.conflicts, ", ")),
                    text.has_conflicts ? std::move(text.text) : std::string());
  }
  // The merge of lines keeps the user's writing, where it comes to the same.
  if (!text.has_conflicts) {
    const auto as_lines = json_of(text.text);
    if (as_lines && *as_lines == merged.value)
      return {Outcome::Merged, std::move(text.text), {}, {}};
  }
  return {Outcome::Merged, written_like(merged.value, our_text), {}, {}};
}

}  // namespace

MergedFile merge_file(const std::string& path, OptionalText base, OptionalText ours,
                      OptionalText theirs) {
  if (ours == theirs || base == theirs) return {Outcome::Same, kept(ours), {}, {}};
  if (base == ours) {
    return {theirs ? Outcome::Taken : Outcome::Removed, kept(theirs), {}, {}};
  }
  if (!theirs) return conflict(ours, "you changed it, and the release has it no more");
  if (!ours) return conflict(ours, "you removed it, and the release changed it");
  if (!base) return conflict(ours, "it is yours, and the release brings another of that name");

  const bool is_text = is_utf8(*base) && is_utf8(*ours) && is_utf8(*theirs) &&
                       ours->find('\0') == std::string_view::npos &&
                       theirs->find('\0') == std::string_view::npos;
  if (!is_text) return conflict(ours, "both changed it, and it is no text");
  MergedText text = merge_text(*base, *ours, *theirs, path + " (yours)", path + " (release)");
  if (path.ends_with(".json")) {
    const auto base_json = json_of(*base), our_json = json_of(*ours), their_json = json_of(*theirs);
    if (base_json && our_json && their_json) {
      return merge_json_texts(*base_json, *our_json, *their_json, *ours, std::move(text));
    }
  }
  if (text.has_conflicts)
    return conflict(ours, "both changed the same lines", std::move(text.text));
  // Lines that go together need not make one JSON: a comma is missing, or a key stands twice.
  if (path.ends_with(".json") && is_json(*ours) && is_json(*theirs) && !is_json(text.text))
    return conflict(ours, "the lines of both make no JSON", std::move(text.text));
  return {Outcome::Merged, std::move(text.text), {}, {}};
}

}  // namespace stravinsky::hooks
