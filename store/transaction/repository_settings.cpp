#include "transaction/repository_settings.hpp"

#include <string_view>

namespace stravinsky {
namespace {

/// A value for git's config, in double quotes.
std::string git_quoted(const std::string& value) {
  std::string text = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    if (c == '\n') {
      text += "\\n";
    } else {
      text += c;
    }
  }
  return text + "\"";
}

constexpr std::string_view kSigners = "\tallowedSignersFile = ";

}  // namespace

std::string repository_config(const std::string& allowed_signers_path) {
  return "[core]\n"
         "\trepositoryFormatVersion = 1\n"
         "\tfilemode = true\n"
         "\tbare = true\n"
         "\tlogAllRefUpdates = false\n"
         "[extensions]\n"
         "\tpreciousObjects = true\n"
         "[gc]\n"
         "\tauto = 0\n"
         "[maintenance]\n"
         "\tauto = false\n"
         "[log]\n"
         "\tshowRoot = false\n"
         "[gpg]\n"
         "\tformat = ssh\n"
         "[gpg \"ssh\"]\n" +
         std::string(kSigners) + git_quoted(allowed_signers_path) + "\n";
}

std::string repository_attributes() {
  return "* -text -ident -filter -working-tree-encoding -export-ignore -export-subst !diff "
         "!merge\n";
}

std::string pre_receive_hook() {
  return "#!/bin/sh\n"
         "echo 'This is a stravinsky store: its refs move only with signed events.' >&2\n"
         "echo 'Use `stravinsky snapshot` to add to it.' >&2\n"
         "exit 1\n";
}

std::string with_allowed_signers(const std::string& config,
                                 const std::string& allowed_signers_path) {
  const std::size_t start = config.find(kSigners);
  if (start == std::string::npos) return config;
  const std::size_t end = config.find('\n', start);
  std::string changed =
      config.substr(0, start) + std::string(kSigners) + git_quoted(allowed_signers_path);
  if (end != std::string::npos) changed += config.substr(end);
  return changed;
}

}  // namespace stravinsky
