#include "refs/ref_map.hpp"

#include <algorithm>
#include <cstring>

namespace stravinsky {
namespace {

constexpr std::size_t kBlock = 16 * 1024;
/// Refs that an operation adds, or more: with room for them it does not copy all others.
constexpr std::size_t kUsuallyAdded = 16;

bool is_before(const RefMap::Ref& ref, std::string_view name) { return ref.first < name; }

}  // namespace

RefMap::Iterator RefMap::lower_bound(std::string_view name) const {
  return std::lower_bound(refs_.begin(), refs_.end(), name, is_before);
}

RefMap::Iterator RefMap::find(std::string_view name) const {
  const auto found = lower_bound(name);
  return found != refs_.end() && found->first == name ? found : refs_.end();
}

std::size_t RefMap::place_of(std::string_view name) const {
  if (refs_.empty() || refs_.back().first < name) return refs_.size();
  return static_cast<std::size_t>(lower_bound(name) - refs_.begin());
}

void RefMap::emplace(std::string_view name, const ObjectId& id) {
  const std::size_t place = place_of(name);
  if (place < refs_.size() && refs_[place].first == name) return;
  refs_.emplace(refs_.begin() + static_cast<std::ptrdiff_t>(place), keep(name), id);
}

void RefMap::insert_or_assign(std::string_view name, const ObjectId& id) {
  const std::size_t place = place_of(name);
  if (place < refs_.size() && refs_[place].first == name) {
    refs_[place].second = id;
  } else {
    refs_.emplace(refs_.begin() + static_cast<std::ptrdiff_t>(place), keep(name), id);
  }
}

void RefMap::sort() {
  const auto less = [](const Ref& a, const Ref& b) { return a.first < b.first; };
  const auto not_less = [](const Ref& a, const Ref& b) { return a.first >= b.first; };
  if (std::ranges::adjacent_find(refs_, not_less) == refs_.end()) return;  // as git writes them
  std::stable_sort(refs_.begin(), refs_.end(), less);
  const auto same = [](const Ref& a, const Ref& b) { return a.first == b.first; };
  refs_.erase(std::unique(refs_.begin(), refs_.end(), same), refs_.end());
}

void RefMap::erase(std::string_view name) {
  if (const auto found = find(name); found != refs_.end()) refs_.erase(found);
}

bool RefMap::operator==(const RefMap& other) const {
  // Two that come from one `packed-refs` share most names.
  return std::ranges::equal(refs_, other.refs_, [](const Ref& a, const Ref& b) {
    return a.second == b.second && a.first.size() == b.first.size() &&
           (a.first.data() == b.first.data() || a.first == b.first);
  });
}

RefMap RefMap::over(const RefMap& under) const {
  RefMap both;
  both.refs_.reserve(refs_.size() + under.refs_.size() + kUsuallyAdded);
  auto low = under.refs_.begin();
  for (const Ref& ref : refs_) {
    const auto next = std::lower_bound(low, under.refs_.end(), ref.first, is_before);
    both.refs_.insert(both.refs_.end(), low, next);
    low = next;
    if (low != under.refs_.end() && low->first == ref.first) ++low;
    both.refs_.push_back(ref);
  }
  both.refs_.insert(both.refs_.end(), low, under.refs_.end());
  both.names_ = names_;
  both.names_.insert(both.names_.end(), under.names_.begin(), under.names_.end());
  return both;
}

std::string_view RefMap::keep(std::string_view name) {
  if (name.size() > room_.left) {
    const std::size_t size = std::max(kBlock, name.size());
    names_.push_back(std::shared_ptr<char[]>(new char[size]));
    room_.at = names_.back().get();
    room_.left = size;
  }
  char* const kept = room_.at;
  std::memcpy(kept, name.data(), name.size());
  room_.at += name.size();
  room_.left -= name.size();
  return {kept, name.size()};
}

}  // namespace stravinsky
