#include "validators/file_kind.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace stravinsky::hooks;

TEST_CASE("validators: a place in a Claude Code tree says what a file is") {
  const auto kind = [](std::string_view path) { return kind_of(path, "---\n", true); };
  CHECK(kind("settings.json") == FileKind::Settings);
  CHECK(kind(".claude/settings.local.json") == FileKind::Settings);
  CHECK(kind("hooks/hooks.json") == FileKind::Settings);
  CHECK(kind(".mcp.json") == FileKind::McpServers);
  CHECK(kind("commands/str/watch.md") == FileKind::Command);
  CHECK(kind(".claude/agents/a.md") == FileKind::Agent);
  CHECK(kind("skills/pdf/SKILL.md") == FileKind::Skill);
  CHECK(kind("skills/pdf/reference.md") == FileKind::Text);
  CHECK(kind("skills/pdf.md") == FileKind::Text);  // a skill without a folder is not loaded
  CHECK(kind("rules/a/b.md") == FileKind::Rule);
  CHECK(kind("output-styles/x.md") == FileKind::OutputStyle);
  CHECK(kind("hooks/README.md") == FileKind::HookDocument);
  CHECK(kind("deep/settings.json") == FileKind::Json);
  // Without the claude validator these places mean nothing.
  CHECK(kind_of("settings.json", "{}", false) == FileKind::Json);
  CHECK(kind_of("agents/a.md", "x", false) == FileKind::Text);
}

TEST_CASE("validators: elsewhere the ending and the first line say it") {
  CHECK(kind_of("x", "#!/bin/sh\n", false) == FileKind::Shell);
  CHECK(kind_of("x", "#!/usr/bin/env bash\r\n", false) == FileKind::Shell);
  CHECK(kind_of("x", "#!/usr/bin/env -S python3 -u\n", false) == FileKind::Python);
  CHECK(kind_of("x", "#!/usr/bin/python3.11\n", false) == FileKind::Python);
  CHECK(kind_of("x", "#!/usr/bin/node\n", false) == FileKind::JavaScript);
  CHECK(kind_of("x", "#!/usr/bin/fish\n", false) == FileKind::OtherScript);
  CHECK(kind_of("x.sh", "#!/bin/zsh\n", false) == FileKind::OtherScript);
  CHECK(kind_of("x.py", "print()", false) == FileKind::Python);
  CHECK(kind_of("x.mjs", "", false) == FileKind::JavaScript);
  CHECK(kind_of("tsconfig.json", "{", false) == FileKind::Text);  // comments are allowed there
  CHECK(kind_of("x.dat", "bplist00", false) == FileKind::PropertyList);
  CHECK(kind_of("x.dat", std::string("a\0b", 3), false) == FileKind::Bytes);
  CHECK(kind_of("x.dat", "\xFF\xFE", false) == FileKind::Bytes);
  CHECK(kind_of("", "", false) == FileKind::Text);
}

TEST_CASE("validators: each kind has a check, and each validator a kind") {
  std::vector<std::string> used;
  for (int number = 0; number <= int(FileKind::Bytes); ++number) {
    const auto kind = static_cast<FileKind>(number);
    CHECK_FALSE(name_of(kind).empty());
    CHECK_FALSE(check_of(kind).empty());
    used.emplace_back(validator_of(kind));
  }
  for (const std::string& name : validator_names()) {
    CHECK(std::find(used.begin(), used.end(), name) != used.end());
  }
}
