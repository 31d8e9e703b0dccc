#include "audit/event_signature.hpp"

#include <algorithm>

#include "stravinsky/error.hpp"

namespace stravinsky {

SignatureCheck check_signature(const Commit& commit) {
  if (commit.signature.empty()) return {.key = {}, .fault = "it is not signed"};
  try {
    return {.key = signing::verify_signature(commit_payload(commit), commit.signature),
            .fault = {}};
  } catch (const Error& error) {
    return {.key = {}, .fault = error.what()};
  }
}

std::optional<std::string> find_principal(std::span<const signing::AllowedSigner> signers,
                                          const signing::PublicKey& key) {
  const auto found = std::find_if(signers.begin(), signers.end(), [&](const auto& signer) {
    return signer.key == key && !signer.is_retired();
  });
  return found == signers.end() ? std::nullopt : std::optional(found->principal);
}

bool is_by(const Commit& commit, const std::string& principal) {
  const std::string written = clean_ident(principal, "user@localhost");
  return commit.author.email == written && commit.committer.email == written;
}

const std::vector<signing::AllowedSigner>& SignerLists::read(const ObjectId& blob) {
  if (blob_ != blob) {
    signers_ = signing::parse_allowed_signers(database_.read(blob, ObjectType::Blob).bytes);
    blob_ = blob;
  }
  return signers_;
}

}  // namespace stravinsky
