#pragma once

#include <bitset>
#include <cstdint>
#include <string_view>
#include <vector>

namespace stravinsky {

/// One glob pattern, matched the way git's wildmatch does with WM_PATHNAME: `?`, `*` and `[…]` stop
/// at '/', `**` between slashes does not, `\` takes the next byte as it is.
///
/// Works through the text once for all ways to match, so that no pattern takes more than its length
/// times that of the text. Threads: const members from any.
class Wildmatch {
 public:
  explicit Wildmatch(std::string_view pattern);

  bool matches(std::string_view text) const;
  /// Some text that begins with `directory` and a '/' could match.
  bool leads_through(std::string_view directory) const;

 private:
  enum class Kind : std::uint8_t {
    Byte,
    Any,       ///< `?`
    Set,       ///< `[…]`, its members in `sets_`
    Star,      ///< any bytes but '/'
    Anything,  ///< any bytes
    Levels,    ///< `**/`: nothing, or anything up to a '/'
    Never,     ///< a pattern that git matches with nothing
  };
  struct Token {
    Kind kind;
    unsigned char byte = 0;
    std::uint16_t set = 0;
  };
  using States = std::vector<std::uint8_t>;

  std::size_t parse_set(std::string_view pattern, std::size_t at);
  void reach(States& states, std::size_t state) const;
  bool run(States& states, std::string_view text) const;

  std::vector<Token> tokens_;
  std::vector<std::bitset<256>> sets_;
};

}  // namespace stravinsky
