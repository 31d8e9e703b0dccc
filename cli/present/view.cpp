#include "view.hpp"

#include <fmt/format.h>

namespace stravinsky::cli {

std::string View::painted(std::string_view code, std::string_view text) const {
  if (!colour) return std::string(text);
  return fmt::format("\033[{}m{}\033[0m", code, text);
}

}  // namespace stravinsky::cli
