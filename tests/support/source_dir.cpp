#include "support/source_dir.hpp"

namespace stravinsky::test {

std::string source_dir() { return STRAVINSKY_SOURCE_DIR; }

}  // namespace stravinsky::test
