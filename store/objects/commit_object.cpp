#include "objects/commit_object.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <limits>

#include "core/text.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

void append(std::string& bytes, std::initializer_list<std::string_view> parts) {
  for (const std::string_view part : parts) bytes += part;
}

void append_ident(std::string& bytes, std::string_view key, const Ident& ident) {
  append(bytes, {key, " ", ident.name, " <", ident.email, "> ", std::to_string(ident.seconds), " ",
                 ident.zone, "\n"});
}

// Every commit that is read is encoded again: a list of ten thousand notices.
std::string encode(const Commit& commit, bool with_signature) {
  std::string bytes;
  bytes.reserve(512 + commit.signature.size() + commit.message.size());
  append(bytes, {"tree ", commit.tree.hex(), "\n"});
  for (const ObjectId& parent : commit.parents) append(bytes, {"parent ", parent.hex(), "\n"});
  append_ident(bytes, "author", commit.author);
  append_ident(bytes, "committer", commit.committer);
  if (with_signature && !commit.signature.empty()) {
    bytes += "gpgsig ";
    for (const char c : commit.signature) {
      bytes += c;
      if (c == '\n') bytes += ' ';  // a header goes on in lines that begin with a blank
    }
    bytes += '\n';
  }
  bytes += '\n';
  return bytes += commit.message;
}

[[noreturn]] void refuse(const ObjectId& id, std::string_view why) {
  throw Error(Errc::Corrupt, fmt::format("cannot use commit '{}'", id.hex()), std::string(why));
}

/// Takes the value of header `key` off the front of `rest`; empty when another line comes first.
std::optional<std::string_view> take_header(std::string_view& rest, std::string_view key) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos || !rest.starts_with(key)) return std::nullopt;
  std::string_view line = rest.substr(key.size(), end - key.size());
  if (!line.starts_with(' ')) return std::nullopt;
  rest.remove_prefix(end + 1);
  return line.substr(1);
}

ObjectId take_id(std::string_view text, const ObjectId& commit) {
  const std::optional<ObjectId> id = ObjectId::from_hex(text);
  if (!id || id->is_zero()) refuse(commit, "it names a tree or parent that is no object id");
  return *id;
}

Ident take_ident(std::string_view& rest, std::string_view key, const ObjectId& commit) {
  const auto refuse_line = [&] {
    refuse(commit, fmt::format("its {} line is missing or malformed", key));
  };
  const std::optional<std::string_view> line = take_header(rest, key);
  if (!line) refuse_line();
  const std::size_t open = line->find(" <"), close = line->find("> ");
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    refuse_line();
  }
  Ident ident;
  ident.name = line->substr(0, open);
  ident.email = line->substr(open + 2, close - open - 2);
  const std::string_view date = line->substr(close + 2);
  const std::size_t space = std::min(date.find(' '), date.size());
  const std::optional<std::uint64_t> seconds = parse_unsigned(date.substr(0, space));
  const std::string_view zone = date.substr(space);
  if (!seconds || *seconds > std::uint64_t{std::numeric_limits<std::int64_t>::max()} ||
      zone.size() != 6 || (zone[1] != '+' && zone[1] != '-') || !parse_unsigned(zone.substr(2)) ||
      ident.name.find_first_of("<>") != std::string::npos ||
      ident.email.find_first_of("<>") != std::string::npos) {
    refuse_line();
  }
  ident.seconds = static_cast<std::int64_t>(*seconds);
  ident.zone = zone.substr(1);
  return ident;
}

std::string take_signature(std::string_view& rest) {
  const std::optional<std::string_view> first = take_header(rest, "gpgsig");
  if (!first) return {};
  std::string signature(*first);
  while (const std::optional<std::string_view> more = take_header(rest, "")) {
    signature += '\n';
    signature += *more;
  }
  return signature;
}

bool is_trailer_key(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

}  // namespace

std::string clean_ident(std::string_view text, std::string_view fallback) {
  std::string clean;
  std::copy_if(text.begin(), text.end(), std::back_inserter(clean),
               [](char c) { return c != '<' && c != '>' && !is_control(c); });
  const std::size_t first = clean.find_first_not_of(" .");
  if (first == std::string::npos) return std::string(fallback);
  return clean.substr(first, clean.find_last_not_of(" .") - first + 1);
}

std::string commit_payload(const Commit& commit) { return encode(commit, false); }

std::string encode_commit(const Commit& commit) { return encode(commit, true); }

Commit parse_commit(std::string_view bytes, const ObjectId& id) {
  std::string_view rest = bytes;
  if (rest.find('\0') != std::string_view::npos) refuse(id, "it holds a NUL byte");
  Commit commit;
  commit.tree = take_id(take_header(rest, "tree").value_or(""), id);
  while (const std::optional<std::string_view> parent = take_header(rest, "parent")) {
    commit.parents.push_back(take_id(*parent, id));
  }
  commit.author = take_ident(rest, "author", id);
  commit.committer = take_ident(rest, "committer", id);
  commit.signature = take_signature(rest);
  // An armour holds with and without its last newline, and nobody signs which of the two stands
  // here.
  if (commit.signature.ends_with('\n')) refuse(id, "its signature ends with an empty line");
  if (!rest.starts_with('\n')) refuse(id, "it has a header that we do not know");
  commit.message = rest.substr(1);
  // One spelling only: what we take apart and put together again must be what was signed.
  if (encode_commit(commit) != bytes) refuse(id, "its headers are not in their only form");
  return commit;
}

Trailers parse_trailers(std::string_view message) {
  while (message.ends_with('\n')) message.remove_suffix(1);
  const std::size_t gap = message.rfind("\n\n");
  if (gap == std::string_view::npos) return {};
  Trailers trailers;
  for (std::string_view rest = message.substr(gap + 2); !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos || !is_trailer_key(line.substr(0, colon))) return {};
    trailers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
  return trailers;
}

std::optional<std::string> find_trailer(const Trailers& trailers, std::string_view key) {
  for (const auto& [name, value] : trailers) {
    if (name == key) return value;
  }
  return std::nullopt;
}

std::string message_with_trailers(std::string_view subject, const Trailers& trailers) {
  while (subject.ends_with('\n')) subject.remove_suffix(1);
  std::string message(subject);
  message += '\n';
  if (!trailers.empty()) message += '\n';
  for (const auto& [key, value] : trailers) {
    if (!is_trailer_key(key) || std::any_of(value.begin(), value.end(), is_control)) {
      throw Error(Errc::Invalid, fmt::format("cannot write {} into a commit", quoted(key)),
                  fmt::format("its value {} is not one plain line", quoted(value)),
                  "leave out line breaks and control characters");
    }
    message += fmt::format("{}: {}\n", key, value);
  }
  return message;
}

}  // namespace stravinsky
