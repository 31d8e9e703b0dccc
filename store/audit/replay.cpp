#include "audit/replay.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

RefMap parse_lines(std::string_view text, const ObjectId& event) {
  RefMap refs;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const auto id = ObjectId::from_hex(line.substr(0, 40));
    if (end == std::string_view::npos || !id || line.size() < 42 || line[40] != ' ') {
      throw Error(Errc::Corrupt, fmt::format("cannot read refs.txt of the event {}", event.hex()),
                  fmt::format("bad line {}", quoted(line)));
    }
    refs.append(line.substr(41), *id);
    text.remove_prefix(end + 1);
  }
  refs.sort();
  return refs;
}

}  // namespace

void apply_moves(RefMap& refs, std::span<const RefMove> moves) {
  for (const RefMove& move : moves) {
    if (move.target) {
      refs.insert_or_assign(move.name.str(), *move.target);
    } else {
      refs.erase(move.name.str());
    }
  }
}

RefMap replay_refs(const ObjectDatabase& database, const ObjectId& head) {
  RefMap refs;
  const ChainLink newest = read_link(database, head);
  // The event that holds the list comes along: its own moves are in it already.
  const std::uint64_t listed = newest.event.sequence / kRefsListEvery * kRefsListEvery;
  std::vector<ChainLink> links = read_links_after(database, newest, listed == 0 ? 0 : listed - 1);
  if (listed != 0 && !links.empty()) {
    const ChainLink& base = links.front();
    if (!base.refs_list) {
      throw Error(Errc::Corrupt, fmt::format("cannot replay the refs of the event {}", head.hex()),
                  fmt::format("event {} has no refs.txt", listed), "stravinsky audit verify");
    }
    refs = parse_lines(database.read(*base.refs_list, ObjectType::Blob).bytes, base.id);
    links.erase(links.begin());
  }
  for (const ChainLink& link : links) apply_moves(refs, link.event.moves);
  return refs;
}

std::vector<FoldedMove> fold_moves(std::span<const ChainLink> links) {
  std::map<std::string, FoldedMove> folded;
  for (const ChainLink& link : links) {
    for (const RefMove& move : link.event.moves) {
      FoldedMove& fold =
          folded.try_emplace(move.name.str(), FoldedMove{move.name, {}, {}}).first->second;
      fold.places.push_back(move.expected);
      fold.places.push_back(move.target);
      fold.target = move.target;
    }
  }
  std::vector<FoldedMove> result;
  result.reserve(folded.size());
  for (auto& [name, fold] : folded) result.push_back(std::move(fold));
  return result;
}

std::vector<ForeignRef> find_foreign(const RefMap& found, const RefMap& replayed) {
  std::vector<ForeignRef> foreign;
  for (const auto& [name, id] : found) {
    const auto expected = replayed.find(name);
    if (expected == replayed.end() || expected->second != id)
      foreign.push_back({std::string(name), id});
  }
  for (const auto& [name, id] : replayed) {
    if (!found.contains(name)) foreign.push_back({std::string(name), std::nullopt});
  }
  std::sort(foreign.begin(), foreign.end(),
            [](const ForeignRef& a, const ForeignRef& b) { return a.ref < b.ref; });
  return foreign;
}

}  // namespace stravinsky
