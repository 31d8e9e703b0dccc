#include <fmt/format.h>

#include "validators/kinds.hpp"
#include "validators/plist.hpp"

namespace stravinsky::hooks {

void check_reading(const JsonReading& reading, Findings& findings) {
  for (const JsonFault& fault : reading.faults) findings.error(fault.at, fault.reason);
}

std::optional<JsonValue> read_json_object(std::string_view content, Findings& findings) {
  JsonReading reading = read_json(content);
  check_reading(reading, findings);
  if (!reading.value) return std::nullopt;
  if (reading.value->as<JsonObject>() != nullptr) return std::move(reading.value);
  findings.error(reading.value->at,
                 fmt::format("the file holds {}, not an object", reading.value->type_name()));
  return std::nullopt;
}

void check_property_list(const ValidatedFile& file, Findings& findings) {
  const JsonReading reading = is_binary_plist(file.content) ? read_binary_plist(file.content)
                                                            : read_xml_plist(file.content);
  check_reading(reading, findings);
  if (reading.value) check_launch_agent(file.path, *reading.value, findings);
}

}  // namespace stravinsky::hooks
