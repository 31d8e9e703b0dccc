#pragma once

#include <string_view>

#include "stravinsky/json_text.hpp"

namespace stravinsky::hooks {

/// Reads YAML into the same values as JSON, each with its place; of several documents the first is
/// the value and the others are only checked. Plain scalars become what YAML 1.2's core schema
/// says.
///
/// Refused: aliases and anchors (a small text can stand for gigabytes), keys that are no scalars,
/// more than `kJsonDepth` collections inside each other, more than `kJsonValues` values. A key
/// twice in one mapping is a fault and no end. An empty text is null. Threads: any.
JsonReading read_yaml(std::string_view text);

}  // namespace stravinsky::hooks
