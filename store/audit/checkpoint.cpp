#include "audit/checkpoint.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

constexpr std::string_view kOrigin = "stravinsky/";

[[noreturn]] void refuse(std::string_view why) {
  throw Error(Errc::Invalid, "cannot read a checkpoint", std::string(why),
              "give it as `stravinsky audit checkpoint` printed it");
}

std::string_view next_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

std::string_view after(std::string_view line, std::string_view key) {
  if (!line.starts_with(key)) refuse(fmt::format("it has no line '{}'", key));
  return line.substr(key.size());
}

}  // namespace

std::string checkpoint_origin(const ObjectId& first) { return std::string(kOrigin) + first.hex(); }

std::string write_checkpoint(const Checkpoint& checkpoint, const signing::SigningKey& key) {
  const std::string origin = checkpoint_origin(checkpoint.first);
  const std::string text = fmt::format("{}\n{}\n{}\ncommit {}\ntime {}\n", origin,
                                       checkpoint.sequence, base64_encode(checkpoint.digest.raw()),
                                       checkpoint.commit.hex(), rfc3339(checkpoint.time));
  return signing::signed_note(text, origin, key);
}

GivenCheckpoint parse_checkpoint(std::string_view text) {
  GivenCheckpoint given;
  given.note = signing::parse_note(text);
  std::string_view rest = given.note.text;
  const auto first = ObjectId::from_hex(after(next_line(rest), kOrigin));
  const auto sequence = parse_unsigned(next_line(rest));
  const auto digest = base64_decode(next_line(rest));
  const auto commit = ObjectId::from_hex(after(next_line(rest), "commit "));
  if (!first || !sequence || *sequence == 0 || !digest || digest->size() != Sha256::kSize ||
      !commit) {
    refuse("one of its first four lines is malformed");
  }
  after(next_line(rest), "time ");  // for people; what comes behind it is a later version's
  given.checkpoint.first = *first;
  given.checkpoint.sequence = *sequence;
  given.checkpoint.digest = Sha256::from_raw(digest->data());
  given.checkpoint.commit = *commit;
  return given;
}

}  // namespace stravinsky
