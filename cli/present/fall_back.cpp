#include "present/fall_back.hpp"

#include <fmt/format.h>

#include "present/in_place_parts.hpp"
#include "present/words.hpp"

namespace stravinsky::cli {

std::vector<std::string> fall_back_lines(const View& view, const hooks::FallBack& fall_back) {
  std::vector<std::string> lines;
  for (const InPlaceReport& one : fall_back.reports) {
    for (const std::string& line : open_ends(view, one)) lines.push_back(line);
    const Snapshot& to = one.plan.snapshot;
    const std::string line = fmt::format("fell back: {} is the last good snapshot {} ({}) now",
                                         to.profile, shown(to.name), shown(to.version));
    lines.push_back(fall_back.failure.empty() ? view.good(line) : line);
    if (one.backup_created) {
      lines.push_back(kept_line("was live until then", one));
    }
  }
  if (!fall_back.failure.empty()) {
    lines.push_back(view.bad(fmt::format("falling back to the last good snapshot failed: {}",
                                         shown(fall_back.failure))));
    lines.push_back("to find one that is whole: stravinsky recovery emergency");
  }
  return lines;
}

Json fall_back_json(const hooks::FallBack& fall_back) {
  Json json = {{"success", fall_back.failure.empty()}};
  json["failure"] = fall_back.failure.empty() ? Json() : Json(fall_back.failure);
  json["to"] = Json::array();
  for (const Snapshot& one : fall_back.to) json["to"].push_back(to_json(one));
  json["profiles"] = Json::array();
  for (const InPlaceReport& one : fall_back.reports) {
    json["profiles"].push_back(in_place_json(one));
  }
  return json;
}

}  // namespace stravinsky::cli
