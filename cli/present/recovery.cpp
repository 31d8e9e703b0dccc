#include "present/recovery.hpp"

#include <fmt/format.h>

#include "present/in_place.hpp"
#include "present/json.hpp"
#include "present/words.hpp"

namespace stravinsky::cli {
namespace {

constexpr const char* kGuide =
    R"(What is broken?

1. One file
     stravinsky recovery file PATH            the newest version that differs and is whole
     stravinsky recovery file PATH --pick     all versions, to choose from
2. One directory
     stravinsky recovery directory DIR
3. Everything, after an update or a change
     stravinsky rollback undo                 takes back the newest operation
     stravinsky rollback list                 what there is
     stravinsky rollback to VERSION           exactly that version
4. A command was killed, or the power failed
     stravinsky operations                    what it left; any writing command ends it
5. The store is damaged
     stravinsky verify --read-data            names everything that is
     stravinsky recovery emergency            the newest intact snapshot; damaged ones set apart
     stravinsky checkout REF --to DIR         what is whole of any snapshot, beside the live files
6. stravinsky itself is gone
     git -C ~/.stravinsky/rollback/store.git tag -l
     git -C ~/.stravinsky/rollback/store.git archive claude/NAME | tar -x -C DIR

Whatever you choose, what is live now is captured first, and `stravinsky rollback undo` goes back to it.
All of it, step by step: docs/recovery.md
)";

}  // namespace

void show_versions(const View& view, const std::vector<VersionChoice>& versions,
                   const std::string& command) {
  if (view.json) {
    Json json = document(view);
    json["versions"] = Json::array();
    for (const VersionChoice& one : versions) {
      json["versions"].push_back(
          {{"snapshot", to_json(one.snapshot)},
           {"entry", to_json(one.entry)},
           {"live", one.is_live},
           {"fault", one.fault.empty() ? nlohmann::json() : nlohmann::json(one.fault)}});
    }
    return print(view, json);
  }
  std::size_t number = 0;
  for (const VersionChoice& one : versions) {
    const std::string size =
        one.entry.type == EntryType::File ? human_size(one.entry.size) : std::string();
    view.out.print("{:>3}  {}  {}  {}{}{}{}\n", ++number, shown(one.snapshot.name),
                   age(one.snapshot.time, view.now), size,
                   one.snapshot.description.empty() ? "" : "  " + shown(one.snapshot.description),
                   one.is_live ? "  [as live]" : "",
                   one.fault.empty() ? "" : fmt::format("  [{}]", shown(one.fault)));
  }
  if (!view.quiet) view.out.print("To proceed: {} NAME\n", command);
}

void show_recovered(const View& view, const std::vector<InPlaceReport>& reports, Exit exit) {
  if (!view.json) {
    for (const InPlaceReport& report : reports) {
      view.out.print("{} from {} ({})\n", view.good("Recovered"), shown(report.plan.snapshot.name),
                     age(report.plan.snapshot.time, view.now));
    }
  }
  show_in_place(view, reports, exit);
}

void show_guide(const View& view) {
  if (!view.json) {
    view.out.write(kGuide);
    return;
  }
  Json json = document(view);
  json["guide"] = kGuide;
  print(view, json);
}

}  // namespace stravinsky::cli
