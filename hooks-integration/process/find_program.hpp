#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace stravinsky::hooks {

/// The absolute path of the first of some programs that one of the directories has; empty: none has
/// any.
/// @param directories  as PATH has them; relative ones are passed over
std::string find_program(std::string_view directories, std::initializer_list<const char*> names);

}  // namespace stravinsky::hooks
