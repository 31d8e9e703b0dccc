#pragma once

#include "present/view.hpp"
#include "stravinsky/keys.hpp"

namespace stravinsky::cli {

void show_keys(const View& view, const KeyReport& report);

}  // namespace stravinsky::cli
