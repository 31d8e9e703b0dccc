#include "core/json.hpp"

#include <fmt/format.h>

#include "core/text.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

constexpr std::size_t kLargest = std::size_t{16} << 20;
constexpr int kDeepest = 64;

Error bad_json(std::string_view what, std::string_view reason) {
  return Error(Errc::Corrupt, fmt::format("cannot read {}", what), std::string(reason),
               "run `stravinsky verify` to see what is damaged");
}

/// The deepest nesting of brackets outside of strings: asked before a tree is built of them.
bool is_too_deep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDeepest) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

}  // namespace

nlohmann::json parse_stored_json(std::string_view text, std::string_view what) {
  if (text.size() > kLargest) throw bad_json(what, "it is larger than 16 MiB");
  if (is_too_deep(text)) throw bad_json(what, "it is nested more than 64 deep");
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::exception& error) {
    throw bad_json(what, error.what());
  }
}

void set_raw_path(nlohmann::json& object, const char* key, const std::string& path) {
  if (is_utf8(path)) {
    object[key] = path;
  } else {
    object[std::string(key) + "_b64"] = base64_encode(path);
  }
}

std::string get_raw_path(const nlohmann::json& object, const char* key) {
  const auto exact = object.find(std::string(key) + "_b64");
  if (exact == object.end()) return object.at(key).get<std::string>();
  const auto raw = base64_decode(exact->get_ref<const std::string&>());
  if (!raw) throw std::invalid_argument("bad base64");
  return *raw;
}

}  // namespace stravinsky
