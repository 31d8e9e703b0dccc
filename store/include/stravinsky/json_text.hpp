#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "stravinsky/error.hpp"

namespace stravinsky {

/// A place in a text as editors count it: from 1, columns in characters (code points).
struct JsonPosition {
  std::uint32_t line = 1, column = 1;
  auto operator<=>(const JsonPosition&) const = default;
};

struct JsonValue;
struct JsonMember;
using JsonArray = std::vector<JsonValue>;
using JsonObject = std::vector<JsonMember>;  ///< as written; no key twice

/// A JSON value that knows where it stands, so that a complaint about its meaning can point at it.
struct JsonValue {
  /// A number without point and exponent that fits is an integer, any other a double.
  std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, JsonArray, JsonObject> data;
  JsonPosition at;

  /// The value as a `T` of the list above; null when it is something else.
  template <typename T>
  const T* as() const noexcept {
    return std::get_if<T>(&data);
  }
  /// The member of that name; null when there is none, or when this is no object. Takes a time
  /// linear in the number of members.
  const JsonValue* find(std::string_view key) const noexcept;
  /// With its article, for messages: `null`, `a boolean`, `a number`, `a string`, `an array`, …
  std::string_view type_name() const noexcept;
};

struct JsonMember {
  std::string key;
  JsonPosition at;  ///< of the key
  JsonValue value;
};

/// Why a text is no JSON, and where.
struct JsonFault {
  JsonPosition at;
  std::string reason;
};

inline constexpr std::size_t kJsonDepth = 64;          ///< arrays and objects inside each other
inline constexpr std::size_t kJsonSize = 16u << 20;    ///< bytes
inline constexpr std::size_t kJsonValues = 1'000'000;  ///< bounds memory to about 200 MB

/// Reads one JSON text as RFC 8259 has it and nothing more: no comments, trailing commas, NaN, byte
/// order mark, bad UTF-8 or lone surrogates.
///
/// Refused besides, because readers disagree about them: a key twice in one object, a number that
/// no double holds, and anything above the three limits. Threads: any.
std::variant<JsonValue, JsonFault> try_parse_json(std::string_view text);

/// What a text holds besides what is wrong with it.
struct JsonReading {
  std::optional<JsonValue> value;  ///< empty: the text is no JSON, as the last fault says
  std::vector<JsonFault> faults;   ///< in the order of the text; without a value at least one
};

/// The members of an object whose key another one before it has, sorted by key.
std::vector<JsonFault> find_repeated_keys(const JsonObject& object);

/// As `try_parse_json`, but keys that stand twice (legal, and surely a mistake: readers take the
/// last one) are faults to list, not the end; both members are in the value. At most 1,000 faults.
JsonReading read_json(std::string_view text);

/// As `try_parse_json`. @throws Error Invalid, with `file:line:column`
JsonValue parse_json(std::string_view text, const std::string& file);

/// For complaints about a value: `cannot use '<file>:<line>:<column>': <reason>`.
Error json_error(const std::string& file, JsonPosition at, const std::string& reason,
                 std::string remedy = {});

}  // namespace stravinsky
