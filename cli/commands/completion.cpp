#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "commands/commands.hpp"
#include "present/reports.hpp"
#include "present/words.hpp"
#include "session.hpp"

// Completion scripts, made from the tree of commands, so that they never fall behind it.

namespace stravinsky::cli {
namespace {

/// One command as a shell needs it.
struct Node {
  std::string words;  ///< such as `backup create`; empty for the program
  std::vector<std::string> commands;
  struct Flag {
    std::string name, help;
    bool takes_value = false;
  };
  std::vector<Flag> flags;
  std::vector<std::string> helps;  ///< of `commands`
};

void collect_flags(const CLI::App& command, Node& node) {
  for (const CLI::Option* option : command.get_options()) {
    const bool takes_value = option->get_items_expected_max() > 0;
    for (const std::string& name : option->get_lnames()) {
      node.flags.push_back({"--" + name, option->get_description(), takes_value});
    }
    for (const std::string& name : option->get_snames()) {
      node.flags.push_back({"-" + name, option->get_description(), takes_value});
    }
  }
}

void collect(CLI::App& command, const std::string& words, std::vector<Node>& nodes) {
  Node node{.words = words, .commands = {}, .flags = {}, .helps = {}};
  collect_flags(command, node);
  std::vector<std::pair<std::string, CLI::App*>> below;
  for (CLI::App* next : command.get_subcommands({})) {
    if (next->get_name().empty()) {  // a group of options, no command
      collect_flags(*next, node);
      continue;
    }
    std::vector<std::string> names = next->get_aliases();
    names.insert(names.begin(), next->get_name());
    for (const std::string& name : names) {
      node.commands.push_back(name);
      node.helps.push_back(next->get_description());
      below.emplace_back(words.empty() ? name : words + " " + name, next);
    }
  }
  nodes.push_back(std::move(node));
  for (const auto& [name, next] : below) collect(*next, name, nodes);
}

std::vector<Node> nodes_of(CLI::App& app) {
  std::vector<Node> nodes;
  collect(app, "", nodes);
  return nodes;
}

std::string flag_words(const Node& node) {
  std::vector<std::string> words;
  for (const Node::Flag& flag : node.flags) words.push_back(flag.name);
  return fmt::format("{}", fmt::join(words, " "));
}

/// The program's options that take a word, as a pattern: what follows them is no command.
std::string value_flags(const Node& top) {
  std::vector<std::string> words;
  for (const Node::Flag& flag : top.flags) {
    if (flag.takes_value) words.push_back(flag.name);
  }
  return fmt::format("{}", fmt::join(words, "|"));
}

std::string bash_script(const std::vector<Node>& nodes) {
  std::string script = fmt::format(R"(# bash completion for stravinsky
_stravinsky() {{
  local cur="${{COMP_WORDS[COMP_CWORD]}}" path="" word i commands="" flags=""
  for ((i = 1; i < COMP_CWORD; ++i)); do
    word="${{COMP_WORDS[i]}}"
    case "$word" in
      {}) ((++i)); continue ;;
      -*) continue ;;
    esac
    case "${{path:+$path }}$word" in
)",
                                   value_flags(nodes.front()));
  for (const Node& node : nodes) {
    if (!node.words.empty()) {
      fmt::format_to(std::back_inserter(script), "      '{0}') path='{0}' ;;\n", node.words);
    }
  }
  script += "    esac\n  done\n  case \"$path\" in\n";
  for (const Node& node : nodes) {
    fmt::format_to(std::back_inserter(script), "    '{}') commands='{}'; flags='{}' ;;\n",
                   node.words, fmt::join(node.commands, " "), flag_words(node));
  }
  fmt::format_to(std::back_inserter(script), R"(  esac
  if [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$flags {}" -- "$cur"))
  elif [[ -n $commands ]]; then
    COMPREPLY=($(compgen -W "$commands" -- "$cur"))
  else
    COMPREPLY=($(compgen -f -- "$cur"))
  fi
}}
complete -o filenames -F _stravinsky stravinsky
)",
                 flag_words(nodes.front()));
  return script;
}

std::string zsh_script(const std::vector<Node>& nodes) {
  std::string script = fmt::format(R"(#compdef stravinsky
_stravinsky() {{
  local path_="" word i
  local -a commands flags
  for ((i = 2; i < CURRENT; ++i)); do
    word="${{words[i]}}"
    case "$word" in
      {}) ((++i)); continue ;;
      -*) continue ;;
    esac
    case "${{path_:+$path_ }}$word" in
)",
                                   value_flags(nodes.front()));
  for (const Node& node : nodes) {
    if (!node.words.empty()) {
      fmt::format_to(std::back_inserter(script), "      '{0}') path_='{0}' ;;\n", node.words);
    }
  }
  script += "    esac\n  done\n  case \"$path_\" in\n";
  const auto described = [](std::string name, const std::string& help) {
    std::size_t at = 0;
    while ((at = name.find(':', at)) != std::string::npos) {
      name.insert(at, "\\");
      at += 2;
    }
    return single_quoted(name + ":" + help);
  };
  for (const Node& node : nodes) {
    std::vector<std::string> commands, flags;
    for (std::size_t i = 0; i < node.commands.size(); ++i) {
      commands.push_back(described(node.commands[i], node.helps[i]));
    }
    for (const Node::Flag& flag : node.flags) flags.push_back(described(flag.name, flag.help));
    fmt::format_to(std::back_inserter(script), "    '{}') commands=({}); flags=({}) ;;\n",
                   node.words, fmt::join(commands, " "), fmt::join(flags, " "));
  }
  script += R"(  esac
  if [[ $PREFIX == -* ]]; then
    _describe option flags
  elif (( $#commands )); then
    _describe command commands
  else
    _files
  fi
}
compdef _stravinsky stravinsky
)";
  return script;
}

std::string fish_script(const std::vector<Node>& nodes) {
  std::string script = fmt::format(R"(# fish completion for stravinsky
function __stravinsky_at
    set -l path
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
            continue
        end
        switch $word
            case {}
                set skip 1
            case '-*'
            case '*'
                set -a path $word
        end
    end
    test "$path" = "$argv[1]"; or begin
        test -n "$argv[2]"; and string match -q -- "$argv[1] *" "$path"
    end
end
)",
                                   [&] {
                                     std::string words = value_flags(nodes.front());
                                     std::replace(words.begin(), words.end(), '|', ' ');
                                     return words;
                                   }());
  for (const Node& node : nodes) {
    for (std::size_t i = 0; i < node.commands.size(); ++i) {
      fmt::format_to(std::back_inserter(script),
                     "complete -c stravinsky -f -n \"__stravinsky_at '{}'\" -a {} -d {}\n",
                     node.words, node.commands[i], single_quoted(node.helps[i]));
    }
    for (const Node::Flag& flag : node.flags) {
      const bool is_long = flag.name.starts_with("--");
      fmt::format_to(std::back_inserter(script), "complete -c stravinsky{} -{} {}{} -d {}\n",
                     node.words.empty()
                         ? std::string()
                         : fmt::format(" -n \"__stravinsky_at '{}' below\"", node.words),
                     is_long ? "l" : "s", flag.name.substr(is_long ? 2 : 1),
                     flag.takes_value ? " -r" : "", single_quoted(flag.help));
    }
  }
  return script;
}

}  // namespace

void add_completion(CLI::App& app, Session& session) {
  auto shell = std::make_shared<std::string>();
  auto* cmd = app.add_subcommand("completion", "Print a completion script for a shell");
  cmd->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  cmd->footer(help_footer("source <(stravinsky completion bash)", {}));
  cmd->callback([shell, &session, &app] {
    const std::vector<Node> nodes = nodes_of(app);
    const std::string script = *shell == "bash"  ? bash_script(nodes)
                               : *shell == "zsh" ? zsh_script(nodes)
                                                 : fish_script(nodes);
    if (session.json()) {
      show_done(session.view(), "completion script", {{"shell", *shell}, {"script", script}});
    } else {
      session.out().write(script);
    }
  });
}

}  // namespace stravinsky::cli
