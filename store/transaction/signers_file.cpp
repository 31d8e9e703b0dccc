// git obeys the last of several values, whatever file includes it: so the value in force counts,
// not the line that we wrote. What a crash leaves: the old settings or the new ones.
#include "transaction/signers_file.hpp"

#include <fmt/format.h>

#include <string_view>

#include "core/text.hpp"
#include "fs/durable.hpp"
#include "fs/file.hpp"
#include "git/config_file.hpp"
#include "refs/leftovers.hpp"
#include "stravinsky/error.hpp"
#include "transaction/repository_settings.hpp"

namespace stravinsky {
namespace {

constexpr std::size_t kMost = 1 << 20;
constexpr std::string_view kName = "/stravinsky/allowed_signers";

std::string copy_of(const Store::Parts& parts) {
  return fs::real_path(parts.git_dir) + std::string(kName);
}

std::optional<std::string> value_in_force(const std::string& config) {
  return git::ConfigFile(config).find("gpg.ssh.allowedsignersfile");
}

}  // namespace

std::string fault_of_signers(const Store::Parts& parts, const ChainLink& head) {
  const auto is_known = [&](const std::string& list) {
    if (list == read_allowed_signers(*parts.database, head)) return true;
    return head.parent &&
           list == read_allowed_signers(*parts.database, read_link(*parts.database, *head.parent));
  };
  const std::string path = copy_of(parts);
  const auto named = value_in_force(parts.git_dir + "/config");
  if (named != path) {
    const auto former = named && named->ends_with(kName) ? fs::find_file(*named, kMost)
                                                         : std::optional<std::string>();
    if (!named || !named->ends_with(kName) || (former && !is_known(*former))) {
      return fmt::format(
          "gpg.ssh.allowedSignersFile in git's config, by which git verify-commit judges, is {} "
          "and not {}; the next writing command corrects that",
          named ? quoted(*named) : "not set", quoted(path));
    }
  }
  if (is_known(fs::read_file(path, kMost))) return {};
  return "'stravinsky/allowed_signers', by which git verify-commit judges, is not the list of the "
         "newest event";
}

void follow_signers_setting(Store::Parts& parts) {
  const std::string path = parts.git_dir + "/config", copy = copy_of(parts);
  const std::string now = fs::read_file(path, kMost);
  if (now == repository_config(copy)) return;
  bool is_plain_move = false;
  std::string wanted = with_allowed_signers(now, copy, &is_plain_move);
  try {
    if (wanted == now) {
      const auto named = value_in_force(path);
      if (named == copy) return;
      wanted += signers_section(copy);
    }
  } catch (const Error& error) {
    return parts.remark(error.what());  // git cannot read it either; `verify` says what is wrong
  }
  // Durably: an empty config after a power cut would keep git, and us, out of the whole store.
  fs::write_durably(path, temporary_under_lock(parts.tmp_dir(), "config"), as_bytes(wanted));
  if (is_plain_move) return;
  parts.remark(
      fmt::format("git's setting gpg.ssh.allowedSignersFile named another list of signers "
                  "than {}, and names it again",
                  quoted(copy)));
}

}  // namespace stravinsky
