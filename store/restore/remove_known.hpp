#pragma once

#include <string>

#include "packs/object_database.hpp"
#include "tree/directory.hpp"

namespace stravinsky {

/// Removes a directory that was taken from the live tree as far as a snapshot has what is in it.
///
/// Who stands in such a directory still reaches its files by relative names, so each file is first
/// renamed out of it, where no path of theirs leads, and goes if it has the content that is stored
/// and nobody has it open for writing. What is not known stays, with the directories above it.
/// Whoever finds what a crash left of it calls it again.
///
/// @param stage  open; on the same filesystem as the directory, which it holds under `name`
/// @param node   what is stored of it
/// @returns why something stays; empty: all of it is gone. @throws Error Io, Corrupt
std::string remove_known(const ObjectDatabase& database, int stage, const std::string& name,
                         const Node& node, Position position);

/// Removes a file that a crash left renamed out of a directory, if that has its content somewhere.
/// @returns as remove_known
std::string remove_known_file(const ObjectDatabase& database, int stage, const std::string& name,
                              const Node& directory, Position position);

/// Lets us move, list and empty a directory of ours whatever its mode was; root needs no leave.
void open_up(int parent, const std::string& name);

/// How a file is called while it is out of the directory `name`.
std::string name_outside(const std::string& name);

}  // namespace stravinsky
