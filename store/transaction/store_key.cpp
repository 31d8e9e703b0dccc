#include "transaction/store_key.hpp"

#include "fs/durable.hpp"
#include "fs/file.hpp"
#include "fs/rename.hpp"
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

signing::SigningKey open_signing_key(const StoreOptions& options) {
  signing::SigningKey key = signing::open_key(
      {options.key_path, options.sign_program, options.agent_socket, options.temp_dir});
  // A key from elsewhere may have any comment, or none.
  if (!signing::is_principal(key.principal())) {
    key.set_principal(options.user + "@" + options.host);
  }
  return key;
}

void write_signers(const Store::Parts& parts, const std::string& signers) {
  fs::write_durably(parts.own("allowed_signers"), fs::unique_name(parts.tmp_dir(), "signers"),
                    as_bytes(signers));
}

}  // namespace stravinsky
