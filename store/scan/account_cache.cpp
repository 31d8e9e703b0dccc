#include "scan/account_cache.hpp"

#include "fs/account_names.hpp"

namespace stravinsky {

AccountCache::AccountCache(const std::vector<AccountName>& known) {
  for (const AccountName& account : known) {
    if (find(account.is_group, account.id) != account.name) names_hold_ = false;
  }
}

std::string AccountCache::find(bool is_group, std::uint32_t id) {
  const std::lock_guard lock(mutex_);
  const auto [place, is_new] = names_.try_emplace({is_group, id});
  if (is_new) place->second = is_group ? fs::group_name(id) : fs::user_name(id);
  return place->second;
}

std::vector<AccountName> AccountCache::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<AccountName> all;
  for (const auto& [key, name] : names_) all.push_back({key.first, key.second, name});
  return all;
}

}  // namespace stravinsky
