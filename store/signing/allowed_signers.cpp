#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/text.hpp"
#include "signing/verify.hpp"
#include "signing/words.hpp"
#include "stravinsky/error.hpp"
#include "stravinsky/time.hpp"

// ssh-keygen's grammar has more than we need: patterns, certificate authorities, dates. All of it
// widens or narrows whom a line trusts, so what we do not act upon we refuse by line number.

namespace stravinsky::signing {
namespace {

/// ssh-keygen copies each name of a list into a buffer of 1,024 bytes.
constexpr std::size_t kLongestPrincipal = 1000;

/// Words that ssh-keygen takes for a key's type; the text behind them is the key.
constexpr std::string_view kOtherTypes[] = {
    "ssh-rsa",
    "ssh-dss",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
};

[[noreturn]] void refuse(std::size_t number, std::string_view why) {
  throw Error(Errc::Signature, fmt::format("cannot read allowed_signers line {}", number),
              std::string(why));
}

bool is_other_type(std::string_view word) {
  return std::find(std::begin(kOtherTypes), std::end(kOtherTypes), word) != std::end(kOtherTypes);
}

/// The parts of a list with commas; one empty part for an empty text.
std::vector<std::string_view> split(std::string_view list) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t comma = list.find(',');
    parts.push_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    list.remove_prefix(comma + 1);
  }
}

void require_git_namespace(std::string_view names, std::size_t number) {
  bool listed = false;
  for (const std::string_view name : split(names)) {
    // Namespaces are patterns, too, and obey the rules of names.
    if (!is_principal(name)) {
      refuse(number, fmt::format("the namespace {} is not supported", quoted(name)));
    }
    listed = listed || name == kNamespace;
  }
  if (!listed) refuse(number, fmt::format("it does not allow the namespace '{}'", kNamespace));
}

/// `YYYYMMDDHHMMSSZ`: of the shorter forms and those in local time nobody can tell when they are.
bool is_whole_time(std::string_view text) {
  if (text.size() != 15 || text.back() != 'Z') return false;
  const auto part = [&](std::size_t at, std::size_t size) { return text.substr(at, size); };
  return parse_time(fmt::format("{}-{}-{}T{}:{}:{}", part(0, 4), part(4, 2), part(6, 2), part(8, 2),
                                part(10, 2), part(12, 2)),
                    {})
      .has_value();
}

/// @param options  one word; a value with a blank in it would be two, and is refused
/// @returns the value of `valid-before`; empty when there is none
std::string read_options(std::string_view options, std::size_t number) {
  const auto unsupported = [&](std::string_view option) {
    refuse(number, fmt::format("the option {} is not supported", quoted(option)));
  };
  std::string valid_before;
  bool has_namespaces = false;
  while (!options.empty()) {
    const std::size_t open = options.find("=\"");
    const std::size_t close = open == std::string_view::npos ? open : options.find('"', open + 2);
    if (close == std::string_view::npos) unsupported(options);
    const std::string_view name = options.substr(0, open);
    const std::string_view value = options.substr(open + 2, close - open - 2);
    const std::string_view rest = options.substr(close + 1);
    if (name == "namespaces" && !has_namespaces) {
      require_git_namespace(value, number);
      has_namespaces = true;
    } else if (name == "valid-before" && valid_before.empty() && is_whole_time(value)) {
      valid_before = value;
    } else {
      unsupported(options.substr(0, close + 1));
    }
    if (!rest.empty() && (rest.front() != ',' || rest.size() == 1)) unsupported(options);
    options = rest.empty() ? rest : rest.substr(1);
  }
  return valid_before;
}

PublicKey key_in(std::string_view text, std::size_t number) {
  try {
    return PublicKey::parse(text);
  } catch (const Error& error) {
    refuse(number, error.what());
  }
}

void parse_line(std::string_view line, std::size_t number, std::vector<AllowedSigner>& signers) {
  skip_blanks(line);
  if (line.empty() || line.starts_with('#')) return;

  const std::vector<std::string_view> principals = split(next_word(line));
  for (const std::string_view principal : principals) {
    if (!is_principal(principal)) {
      refuse(number, fmt::format("the name {} is not supported", quoted(principal)));
    }
  }
  std::string_view key = line;
  std::string_view word = next_word(line);
  std::string valid_before;
  if (word != kKeyType && !is_other_type(word)) {
    valid_before = read_options(word, number);
    key = line;
    word = next_word(line);
  }
  if (is_other_type(word)) return;
  const PublicKey public_key = key_in(key, number);
  for (const std::string_view principal : principals) {
    signers.push_back({std::string(principal), public_key, valid_before});
  }
}

}  // namespace

bool is_principal(std::string_view name) noexcept {
  if (name.empty() || name.size() > kLongestPrincipal || name.starts_with('#')) return false;
  return std::none_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F ||
           std::string_view("*?!,\"").find(c) != std::string_view::npos;
  });
}

std::string allowed_signers_line(const std::string& principal, const PublicKey& key,
                                 const std::string& valid_before) {
  if (!is_principal(principal)) {
    throw Error(Errc::Invalid, fmt::format("cannot list {} as a signer", quoted(principal)),
                "an allowed_signers file cannot hold that name", "use a name like `user@host`");
  }
  const std::string until =
      valid_before.empty() ? "" : fmt::format("valid-before=\"{}\",", valid_before);
  return fmt::format("{} {}namespaces=\"{}\" {}\n", principal, until, kNamespace, key.line());
}

std::vector<AllowedSigner> parse_allowed_signers(std::string_view text) {
  std::vector<AllowedSigner> signers;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    // ssh-keygen would stop at a NUL and skip a CR; PublicKey::parse refuses them in the rest.
    if (line.find('\0') != std::string_view::npos || line.find('\r') != std::string_view::npos) {
      refuse(number, "it has control characters");
    }
    parse_line(line, number, signers);
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return signers;
}

}  // namespace stravinsky::signing
