#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stravinsky/json_text.hpp"

namespace stravinsky::hooks {

inline constexpr std::size_t kXmlDepth = 256;  ///< elements inside each other

/// What a reader of XML is told. A callback returns a reason to stop there, or an empty text.
struct XmlHandler {
  using Attributes = std::vector<std::pair<std::string, std::string>>;
  std::function<std::string(const std::string& name, const Attributes& attributes, JsonPosition at)>
      start = {};
  std::function<std::string(const std::string& name, JsonPosition at)> end = {};
  std::function<std::string(std::string_view text, JsonPosition at)> text = {};
  std::function<std::string(const std::string& name, bool has_internal_subset)> doctype = {};
};

/// Reads XML. Declarations of entities are refused, and nothing outside the text is ever fetched.
/// Columns are in characters. @returns why it is no XML, or why a callback stopped. Threads: any.
std::optional<JsonFault> read_xml(std::string_view text, const XmlHandler& handler = {});

}  // namespace stravinsky::hooks
