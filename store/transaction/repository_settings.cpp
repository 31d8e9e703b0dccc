#include "transaction/repository_settings.hpp"

#include <algorithm>
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
         "\tformat = ssh\n" +
         signers_section(allowed_signers_path);
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

std::string signers_section(const std::string& allowed_signers_path) {
  return "[gpg \"ssh\"]\n" + std::string(kSigners) + git_quoted(allowed_signers_path) + "\n";
}

std::string with_allowed_signers(const std::string& config, const std::string& allowed_signers_path,
                                 bool* is_plain_move) {
  std::string changed;
  std::size_t lines = 0;
  const std::size_t last = config.rfind("\n" + std::string(kSigners)) + 1;
  for (std::size_t at = 0; at < config.size();) {
    const std::size_t end = std::min(config.find('\n', at), config.size() - 1) + 1;
    const std::string_view line = std::string_view(config).substr(at, end - at);
    if (!line.starts_with(kSigners)) {
      changed += line;
    } else {
      ++lines;
      if (at == last) changed += std::string(kSigners) + git_quoted(allowed_signers_path) + "\n";
    }
    at = end;
  }
  *is_plain_move = lines == 1 && changed != config;
  return changed;
}

}  // namespace stravinsky
