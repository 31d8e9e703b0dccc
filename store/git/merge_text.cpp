#include "stravinsky/merge_text.hpp"

#include <cstdint>

#include "git/check.hpp"
#include "git/libgit2.hpp"
#include "stravinsky/error.hpp"

namespace stravinsky {
namespace {

/// libgit2's lines are numbered by int, and its tables take many times the size of the text.
constexpr std::size_t kMostBytes = 64u << 20;

git_merge_file_input input_of(std::string_view text, const char* name) {
  git_merge_file_input input = GIT_MERGE_FILE_INPUT_INIT;
  input.ptr = text.data();
  input.size = text.size();
  input.path = name;
  return input;
}

/// Its members belong to it until this ends.
struct Result {
  const git::Libgit2& git;  ///< there before anything is to be freed by it
  git_merge_file_result raw{};

  explicit Result(const git::Libgit2& loaded) : git(loaded) {}
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;
  ~Result() { git.git_merge_file_result_free(&raw); }
};

}  // namespace

MergedText merge_text(std::string_view base, std::string_view ours, std::string_view theirs,
                      const std::string& our_name, const std::string& their_name) {
  if (base.size() > kMostBytes || ours.size() > kMostBytes || theirs.size() > kMostBytes) {
    throw Error(Errc::Invalid, "cannot merge a text", "it has more than 64 MiB",
                "take one side as it is");
  }
  const git_merge_file_input before = input_of(base, nullptr);
  const git_merge_file_input mine = input_of(ours, nullptr);
  const git_merge_file_input other = input_of(theirs, nullptr);
  git_merge_file_options options = GIT_MERGE_FILE_OPTIONS_INIT;
  options.our_label = our_name.c_str();
  options.their_label = their_name.c_str();
  Result result(git::libgit2());
  git::check(result.git.git_merge_file(&result.raw, &before, &mine, &other, &options),
             "cannot merge a text");
  MergedText merged;
  if (result.raw.ptr != nullptr) merged.text.assign(result.raw.ptr, result.raw.len);
  merged.has_conflicts = result.raw.automergeable == 0;
  return merged;
}

}  // namespace stravinsky
