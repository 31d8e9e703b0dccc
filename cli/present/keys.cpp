#include "keys.hpp"

#include <fmt/format.h>

#include "present/json.hpp"
#include "present/words.hpp"

namespace stravinsky::cli {

void show_keys(const View& view, const KeyReport& report) {
  if (view.json) {
    Json json = document(view);
    json["key"] = {{"source", report.source},
                   {"usable", report.fault.empty()},
                   {"fault", report.fault.empty() ? Json() : Json(report.fault)},
                   {"principal", report.principal},
                   {"fingerprint", report.fingerprint},
                   {"public_key", report.line},
                   {"verifier_key", report.verifier_key}};
    json["listed"] = Json::array();
    for (const ListedKey& one : report.listed) {
      json["listed"].push_back(
          {{"principal", one.principal},
           {"fingerprint", one.fingerprint},
           {"public_key", one.line},
           {"valid_before", one.valid_before.empty() ? Json() : Json(one.valid_before)}});
    }
    return print(view, json);
  }
  view.out.print("Key:          {}\n", shown(report.source));
  if (!report.fault.empty()) view.out.print("Unusable:     {}\n", view.bad(shown(report.fault)));
  if (!report.fingerprint.empty()) {
    view.out.print("Fingerprint:  {}\nSigns as:     {}\nPublic key:   {}\n", report.fingerprint,
                   shown(report.principal), report.line);
  }
  if (!report.verifier_key.empty()) view.out.print("For notes:    {}\n", report.verifier_key);
  view.out.line("The chain lists:");
  for (const ListedKey& one : report.listed) {
    view.out.print("    {}  {}{}\n", one.fingerprint, shown(one.principal),
                   one.valid_before.empty() ? "" : "  retired " + one.valid_before);
  }
}

}  // namespace stravinsky::cli
