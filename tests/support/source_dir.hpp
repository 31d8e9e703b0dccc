#pragma once

#include <string>

namespace stravinsky::test {

/// Where this source tree lies: for tests that run its scripts or read its pages.
std::string source_dir();

}  // namespace stravinsky::test
