#include "transaction/store_parts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "fs/file.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

/// In a clone the branches of the store stand below `refs/remotes/<remote>/`.
RefMap with_remote_branches(RefMap refs) {
  RefMap added;
  for (const auto& [name, id] : refs) {
    constexpr std::string_view kRemotes = "refs/remotes/";
    if (!name.starts_with(kRemotes)) continue;
    const std::size_t slash = name.find('/', kRemotes.size());
    if (slash != std::string::npos) added.emplace("refs/heads/" + name.substr(slash + 1), id);
  }
  refs.merge(added);
  return refs;
}

}  // namespace

std::string Store::Parts::own(std::string_view name) const {
  return fmt::format("{}/stravinsky/{}", git_dir, name);
}

const Config& Store::Parts::config() const {
  static const Config defaults;
  return options.config ? *options.config : defaults;
}

Timestamp Store::Parts::now() const {
  return options.clock ? options.clock->now() : SystemClock().now();
}

std::uint64_t Store::Parts::applied() const {
  const auto text = fs::find_file(own("applied"), 64);
  if (!text || is_clone) return 0;
  const auto sequence = parse_unsigned(std::string_view(*text).substr(0, text->find('\n')));
  return sequence.value_or(0);  // a damaged file only means more work: redoing changes nothing
}

void Store::Parts::remark(std::string text) {
  if (std::find(remarks.begin(), remarks.end(), text) == remarks.end()) {
    remarks.push_back(std::move(text));
  }
}

std::size_t Store::Parts::apply_pending(RefMap& refs, std::vector<std::string>& bad) const {
  std::size_t behind = 0;
  const auto audit = refs.find(kAuditRef);
  if (audit == refs.end()) return behind;
  for (const FoldedMove& fold : fold_moves(read_links_after(*database, audit->second, applied()))) {
    const std::string& name = fold.name.str();
    const auto found = refs.find(name);
    const auto place = found == refs.end() ? std::nullopt : std::optional(found->second);
    const bool was_bad = std::erase(bad, name) > 0;
    const bool known =
        std::find(fold.places.begin(), fold.places.end(), place) != fold.places.end();
    if (place == fold.target || (!known && !was_bad)) continue;
    ++behind;
    if (fold.target) {
      refs.insert_or_assign(name, *fold.target);
    } else {
      refs.erase(name);
    }
  }
  return behind;
}

RefMap Store::Parts::read_refs() {
  if (is_clone) return with_remote_branches(ref_store->list());
  std::vector<std::string> bad;
  RefMap refs = ref_store->list(&bad);
  try {
    const std::size_t behind = apply_pending(refs, bad);
    if (behind > 0) {
      remark(fmt::format(
          "{} refs are behind the audit chain after a crash; read as the chain says, the "
          "next writing command moves them",
          behind));
    }
  } catch (const Error& error) {
    // Snapshots can be read without the chain; that it is broken must be heard all the same.
    remark(error.what());
  }
  if (!bad.empty()) ref_store->find(RefName::parse(bad.front()));  // throws, with the reason
  return refs;
}

std::optional<ObjectId> Store::Parts::find_ref(const RefName& name) {
  const RefMap refs = read_refs();
  const auto found = refs.find(name.str());
  return found == refs.end() ? std::nullopt : std::optional(found->second);
}

ChainLink Store::Parts::head() const {
  const auto id = ref_store->find(RefName::parse(kAuditRef));
  if (!id) {
    throw Error(Errc::Corrupt, fmt::format("cannot use the store {}", quoted(options.path)),
                "its audit branch is missing",
                "run `stravinsky verify`, or restore refs/heads/audit");
  }
  return read_link(*database, *id);
}

void Store::Parts::require_writable() const {
  if (key) return;
  throw Error(is_clone ? Errc::NoStore : Errc::Denied,
              fmt::format("cannot write to {}", quoted(options.path)),
              is_clone ? "it is a git clone of a store, which is for reading"
                       : "it was opened for reading");
}

}  // namespace stravinsky
