#pragma once

#include <algorithm>
#include <string_view>

namespace stravinsky::signing {

/// Moves `text` past the blanks and tabs at its start.
inline void skip_blanks(std::string_view& text) noexcept {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
}

/// Takes the word at the start of `text`, and the blanks behind it.
inline std::string_view next_word(std::string_view& text) noexcept {
  const std::string_view word = text.substr(0, text.find_first_of(" \t"));
  text.remove_prefix(word.size());
  skip_blanks(text);
  return word;
}

}  // namespace stravinsky::signing
