#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "exit_status.hpp"
#include "present/view.hpp"
#include "stravinsky/audit.hpp"
#include "stravinsky/snapshot.hpp"

namespace stravinsky::cli {

/// For the files of present/ and for config.json only: members keep their order.
using Json = nlohmann::ordered_json;

/// `{"schema":1}` and, when there are any, the warnings.
Json document(const View& view);
/// `{"type":"summary","schema":1,"exit_code":…}`: the last line of a long command.
Json summary(const View& view, Exit exit);
/// Prints a document or line. Bytes that are not UTF-8 are replaced: names have their `_b64`.
void print(const View& view, const Json& json);

/// `path`, plus `path_b64` where the name is not UTF-8.
void add_path(Json& json, const std::string& key, std::string_view raw);
Json to_json(const Snapshot& snapshot);
Json to_json(const Loss& loss);
Json to_json(const Entry& entry);
/// `good`, `key`, `principal`, `fault`
Json to_json(const AuditSignature& signature);

}  // namespace stravinsky::cli
