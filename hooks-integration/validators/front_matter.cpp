#include "validators/front_matter.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <tuple>
#include <utility>

#include "validators/yaml_text.hpp"

namespace stravinsky::hooks {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kFence = "---";

/// The line at `offset` without its end, and where the next one starts.
std::pair<std::string_view, std::size_t> line_at(std::string_view text, std::size_t offset) {
  const std::size_t end = text.find('\n', offset);
  if (end == std::string_view::npos) return {text.substr(offset), text.size()};
  return {text.substr(offset, end - offset), end + 1};
}

}  // namespace

FrontMatter read_front_matter(std::string_view text, Severity severity, Findings& findings) {
  FrontMatter matter;
  if (text.starts_with(kByteOrderMark)) {
    findings.warning({1, 1}, "a byte order mark: programs before 2.1.239 ignored such a file");
    text.remove_prefix(kByteOrderMark.size());
  }
  auto [line, next] = line_at(text, 0);
  if (line == "---\r") {
    findings.add(severity, {1, 4}, "a carriage return after '---': no front matter is read");
    return matter;
  }
  if (line != kFence) return matter;
  matter.is_present = true;

  const std::size_t start = next;
  std::size_t end = std::string_view::npos;
  while (next < text.size()) {
    const std::size_t at = next;
    std::tie(line, next) = line_at(text, next);
    if (line == kFence || line == "---\r") {
      end = at;
      break;
    }
  }
  if (end == std::string_view::npos) {
    findings.add(severity, {1, 1}, "the front matter is not closed: no further line '---'");
    return matter;
  }

  // From the line break before it, so that lines are counted as in the file.
  JsonReading reading = read_yaml(text.substr(start - 1, end - start + 1));
  for (JsonFault& fault : reading.faults) {
    findings.add(severity, fault.at, std::move(fault.reason));
  }
  if (!reading.value) return matter;
  if (reading.value->as<std::nullptr_t>() != nullptr) {
    reading.value->data = JsonObject();  // nothing, or comments only
    reading.value->at = {1, 1};
  }
  if (reading.value->as<JsonObject>() == nullptr) {
    findings.add(
        severity, {2, 1},
        fmt::format("the front matter is {}, not a map of keys", reading.value->type_name()));
    return matter;
  }
  matter.fields = std::move(reading.value);
  return matter;
}

}  // namespace stravinsky::hooks
