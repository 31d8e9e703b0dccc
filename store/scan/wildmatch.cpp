#include "scan/wildmatch.hpp"

#include <algorithm>
#include <optional>

#include "stravinsky/profile.hpp"

namespace stravinsky {
namespace {

/// What a state can be besides 0: one from which the pattern goes on, or one within the levels that
/// `**/` passes over.
constexpr std::uint8_t kOpen = 1, kWithin = 2;

bool in_range(int c, int low, int high) { return c >= low && c <= high; }

/// Whether an ASCII byte is of a POSIX class; empty for a class of another name.
std::optional<bool> is_in_class(std::string_view name, int c) {
  const bool upper = in_range(c, 'A', 'Z');
  const bool lower = in_range(c, 'a', 'z');
  const bool digit = in_range(c, '0', '9');
  const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';  // git's own, without \v \f
  const bool print = in_range(c, 0x20, 0x7e);
  if (name == "alnum") return upper || lower || digit;
  if (name == "alpha") return upper || lower;
  if (name == "blank") return c == ' ' || c == '\t';
  if (name == "cntrl") return in_range(c, 0, 0x1f) || c == 0x7f;
  if (name == "digit") return digit;
  if (name == "graph") return print && !space;
  if (name == "lower") return lower;
  if (name == "print") return print;
  if (name == "punct") return print && !space && !upper && !lower && !digit;
  if (name == "space") return space;
  if (name == "upper") return upper;
  if (name == "xdigit") return digit || in_range(c, 'A', 'F') || in_range(c, 'a', 'f');
  return std::nullopt;
}

}  // namespace

Wildmatch::Wildmatch(std::string_view pattern) {
  const auto at = [&](std::size_t i) { return i < pattern.size() ? pattern[i] : '\0'; };
  for (std::size_t i = 0; i < pattern.size();) {
    switch (pattern[i]) {
      case '\\':
        if (i + 1 == pattern.size()) tokens_.push_back({Kind::Never});
        tokens_.push_back({Kind::Byte, static_cast<unsigned char>(at(i + 1))});
        i += 2;
        break;
      case '?':
        tokens_.push_back({Kind::Any});
        ++i;
        break;
      case '*': {
        const std::size_t start = i;
        while (at(i) == '*') ++i;
        const bool whole_level =
            i - start >= 2 && (start == 0 || pattern[start - 1] == '/') &&
            (i == pattern.size() || at(i) == '/' || (at(i) == '\\' && at(i + 1) == '/'));
        if (whole_level && at(i) == '/') {
          tokens_.push_back({Kind::Levels});
          ++i;
        } else {
          tokens_.push_back({whole_level ? Kind::Anything : Kind::Star});
        }
        break;
      }
      case '[':
        i = parse_set(pattern, i + 1);
        break;
      default:
        tokens_.push_back({Kind::Byte, static_cast<unsigned char>(pattern[i])});
        ++i;
    }
  }
}

/// @param at  behind the '['. @returns behind the ']'; a set without end matches nothing
std::size_t Wildmatch::parse_set(std::string_view pattern, std::size_t at) {
  const auto peek = [&](std::size_t i) {
    return i < pattern.size() ? static_cast<unsigned char>(pattern[i]) : 0;
  };
  std::bitset<256> set;
  const bool negated = peek(at) == '!' || peek(at) == '^';
  if (negated) ++at;
  int previous = 0;  // what a '-' would start from
  for (bool first = true; first || peek(at) != ']'; first = false, ++at) {
    int byte = peek(at);
    if (byte == '\\') byte = peek(++at) == 0 ? 0 : -peek(at);  // negative: escaped
    if (byte == 0) {
      tokens_.push_back({Kind::Never});
      return pattern.size();
    }
    if (byte == '-' && previous != 0 && peek(at + 1) != 0 && peek(at + 1) != ']') {
      int last = peek(++at);
      if (last == '\\') last = peek(++at);
      for (int c = previous; c <= last; ++c) set.set(static_cast<std::size_t>(c));
      if (last == 0) {
        tokens_.push_back({Kind::Never});
        return pattern.size();
      }
      previous = 0;
      continue;
    }
    if (byte == '[' && peek(at + 1) == ':') {
      const std::size_t close = pattern.find(']', at + 2);
      if (close == pattern.npos) {
        tokens_.push_back({Kind::Never});
        return pattern.size();
      }
      if (close > at + 2 && pattern[close - 1] == ':') {
        const std::string_view name = pattern.substr(at + 2, close - at - 3);
        if (!is_in_class(name, 0)) {
          tokens_.push_back({Kind::Never});
          return pattern.size();
        }
        for (int c = 0; c < 128; ++c) {
          if (*is_in_class(name, c)) set.set(static_cast<std::size_t>(c));
        }
        at = close;
        previous = 0;
        continue;
      }
    }
    previous = byte < 0 ? -byte : byte;
    set.set(static_cast<std::size_t>(previous));
  }
  if (negated) set.flip();
  set.reset('/');
  sets_.push_back(set);
  tokens_.push_back({Kind::Set, 0, static_cast<std::uint16_t>(sets_.size() - 1)});
  return at + 1;
}

/// Marks a state, and those that follow it without a byte.
void Wildmatch::reach(States& states, std::size_t state) const {
  while (states[state] != kOpen) {
    states[state] = kOpen;
    if (state == tokens_.size() || tokens_[state].kind < Kind::Star ||
        tokens_[state].kind == Kind::Never) {
      return;
    }
    ++state;
  }
}

/// Leaves in `states` where a match of `text` could stand in the pattern. @returns any at all
bool Wildmatch::run(States& states, std::string_view text) const {
  states.assign(tokens_.size() + 1, 0);
  States next;
  reach(states, 0);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    bool alive = false;
    next.assign(tokens_.size() + 1, 0);
    for (std::size_t state = 0; state < tokens_.size(); ++state) {
      if (states[state] == 0) continue;
      const Token& token = tokens_[state];
      bool stays = false, goes = false;
      switch (token.kind) {
        case Kind::Byte:
          goes = byte == token.byte;
          break;
        case Kind::Any:
          goes = byte != '/';
          break;
        case Kind::Set:
          goes = sets_[token.set][byte];
          break;
        case Kind::Star:
          stays = byte != '/';
          break;
        case Kind::Anything:
          stays = true;
          break;
        case Kind::Levels:
          // Inside a level the way on is closed: only behind a '/' may the pattern continue.
          if (next[state] == 0) next[state] = kWithin;
          goes = byte == '/';
          alive = true;
          break;
        case Kind::Never:
          break;
      }
      if (stays) reach(next, state);
      if (goes) reach(next, state + 1);
      alive = alive || stays || goes;
    }
    states.swap(next);
    if (!alive) return false;
  }
  return true;
}

bool Wildmatch::matches(std::string_view text) const {
  thread_local States states;
  return run(states, text) && states.back() != 0;
}

bool Wildmatch::leads_through(std::string_view directory) const {
  thread_local States states;
  if (!run(states, std::string(directory) + '/')) return false;
  // Behind the '/' something must follow.
  return std::any_of(states.begin(), states.end() - 1, [](std::uint8_t s) { return s != 0; });
}

bool matches_glob(std::string_view glob, std::string_view path) {
  return Wildmatch(glob).matches(path);
}

}  // namespace stravinsky
