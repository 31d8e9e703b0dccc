#include "update/merge_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

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

/// Empty: it is no JSON, or not one that a merge could rely on.
std::optional<Json> json_of(std::string_view text) {
  const JsonReading reading = read_json(text);
  if (!reading.value || !reading.faults.empty()) return std::nullopt;
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return std::nullopt;
  return json;
}

/// As the user indents it: the blanks before the first member.
int indent_of(std::string_view text) {
  const std::size_t line = text.find('\n');
  if (line == std::string_view::npos) return -1;
  const std::size_t word = text.find_first_not_of(' ', line + 1);
  const std::size_t blanks = word == std::string_view::npos ? 0 : word - line - 1;
  return blanks == 0 ? 2 : static_cast<int>(blanks);
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
  std::string written = merged.value.dump(indent_of(our_text));
  if (our_text.ends_with('\n')) written += '\n';
  return {Outcome::Merged, std::move(written), {}, {}};
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
  return {Outcome::Merged, std::move(text.text), {}, {}};
}

}  // namespace stravinsky::hooks
