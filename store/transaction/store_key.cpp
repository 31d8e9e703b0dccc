#include "transaction/store_key.hpp"

#include <fmt/format.h>

#include "core/text.hpp"
#include "fs/durable.hpp"
#include "fs/file.hpp"
#include "fs/rename.hpp"
#include "refs/leftovers.hpp"
#include "signing/verify.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {

bool is_key_file(const StoreOptions& options) { return !options.key_path.starts_with("key::"); }

void ensure_key(const StoreOptions& options) {
  if (!is_key_file(options) || fs::exists(options.key_path)) return;
  fs::make_directories(fs::parent_of(options.key_path));
  try {
    signing::write_key(options.key_path, signing::generate_key(options.user + "@" + options.host));
  } catch (const Error& error) {
    if (error.code() != Errc::Exists) throw;  // another process made it: the same to us
  }
}

namespace {

/// Whoever gets a copy of the store would get the key, and could write its history anew.
void require_outside(const StoreOptions& options) {
  if (!is_key_file(options) || !fs::exists(options.path) || !fs::exists(options.key_path)) return;
  if (!fs::real_path(options.key_path).starts_with(fs::real_path(options.path) + "/")) return;
  throw Error(Errc::Key, fmt::format("cannot use the key {}", quoted(options.key_path)),
              fmt::format("it is inside the store {}, and would go wherever a copy of that goes",
                          quoted(options.path)),
              "move it out of the store, then: stravinsky key use FILE");
}

}  // namespace

signing::SigningKey open_signing_key(const StoreOptions& options) {
  require_outside(options);
  signing::SigningKey key = signing::open_key(
      {options.key_path, options.sign_program, options.agent_socket, options.temp_dir});
  // A key from elsewhere may have any comment, or none.
  if (!signing::is_principal(key.principal())) {
    key.set_principal(options.user + "@" + options.host);
  }
  return key;
}

void require_trusted_key(Store::Parts& parts, const ChainLink& head) {
  const char* reason = "it does not trust the key";
  for (const signing::AllowedSigner& signer :
       signing::parse_allowed_signers(read_allowed_signers(*parts.database, head))) {
    if (signer.key != parts.key->public_key()) continue;
    if (!signer.is_retired()) return parts.key->set_principal(signer.principal);
    reason = "another key has replaced the key";
  }
  throw Error(
      Errc::Key, fmt::format("cannot sign for the store {}", quoted(parts.options.path)),
      fmt::format("{} {} ({})", reason, quoted(parts.options.key_path),
                  parts.key->public_key().fingerprint()),
      "`stravinsky key show` lists the keys that it trusts; `stravinsky key use` takes one");
}

void write_signers(const Store::Parts& parts, const std::string& signers) {
  fs::write_durably(parts.own("allowed_signers"), temporary_under_lock(parts.tmp_dir(), "signers"),
                    as_bytes(signers));
}

}  // namespace stravinsky
