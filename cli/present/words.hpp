#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stravinsky/entry.hpp"
#include "stravinsky/time.hpp"

namespace stravinsky::cli {

/// `812 B`, `1.2 KiB`, `3.4 GiB`.
std::string human_size(std::uint64_t bytes);
/// `1.2`: what `(N.N MB)` has always meant here, units of 1,048,576 bytes.
std::string megabytes(std::uint64_t bytes);
/// `1 file`, `2 files`, `2 entries`.
std::string counted(std::uint64_t count, std::string_view noun);
/// `1s ago`, `5m ago`, `3h ago`, `2d ago`; `in the future` when the clock went back.
std::string age(Timestamp then, Timestamp now);
/// `2026-11-20 09:30:00 UTC`
std::string shown_time(Timestamp time);
/// `2026-11-20 09:30:00`, for columns; also for times far outside a Timestamp's range.
std::string shown_time(const FileTime& time);
/// `2026-11-20T09:30:00.123456789Z`
std::string file_time_rfc3339(const FileTime& time);

/// A name for the terminal: as it is, or in quotes with `\ooo` when it has control bytes or bytes
/// that are not UTF-8.
std::string shown(std::string_view name);
/// The same for text of several lines, such as a description: newlines and tabs stay.
std::string shown_text(std::string_view text);
/// As git writes names in patches: `name`, or in double quotes with escapes.
std::string git_quoted(std::string_view name);

/// `drwxr-xr-x`
std::string mode_letters(const Entry& entry);
/// `file`, `directory`, `symlink`, `fifo`, `socket`, `char`, `block`
std::string_view type_name(EntryType type) noexcept;

/// The text inside single quotes of a shell.
std::string single_quoted(std::string_view text);
/// A word as a shell takes it, in quotes where it needs them: for commands that are to be typed.
std::string shell_word(std::string_view word);
/// Several, with spaces between.
std::string command_line(const std::vector<std::string>& words);

}  // namespace stravinsky::cli
