#include "validators/validate.hpp"

#include <fmt/format.h>

#include "stravinsky/text.hpp"
#include "validators/kinds.hpp"
#include "validators/plist.hpp"
#include "validators/toml_text.hpp"
#include "validators/xml_text.hpp"
#include "validators/yaml_text.hpp"

namespace stravinsky::hooks {
namespace {

void check(const ValidatedFile& file, const TreeContext& context, Findings& findings) {
  switch (file.kind) {
    case FileKind::Settings:
      return check_settings(file, context, findings);
    case FileKind::McpServers:
      return check_mcp_servers(file, findings);
    case FileKind::Command:
    case FileKind::Skill:
    case FileKind::Agent:
    case FileKind::Rule:
    case FileKind::OutputStyle:
    case FileKind::HookDocument:
      return check_markdown(file, findings);
    case FileKind::Memory:
      return check_memory(file, context, findings);
    case FileKind::Json:
      return check_reading(read_json(file.content), findings);
    case FileKind::Yaml:
      return check_reading(read_yaml(file.content), findings);
    case FileKind::Toml:
      if (auto fault = find_toml_fault(file.content)) findings.error(fault->at, fault->reason);
      return;
    case FileKind::Xml:
      if (auto fault = read_xml(file.content)) findings.error(fault->at, fault->reason);
      return;
    case FileKind::PropertyList:
      return check_property_list(file, findings);
    case FileKind::Shell:
    case FileKind::Python:
    case FileKind::JavaScript:
      return check_script_text(file, findings);
    case FileKind::OtherScript:
      return check_unread_script(file, findings);
    case FileKind::Text:
    case FileKind::Bytes:
      return;
  }
}

bool is_text(FileKind kind) {
  return kind != FileKind::Bytes && kind != FileKind::PropertyList && kind != FileKind::Text &&
         kind != FileKind::Memory;
}

}  // namespace

std::string too_large() { return fmt::format("it has more than {} bytes", kJsonSize); }

std::vector<Finding> validate_file(const ValidatedFile& file, const TreeContext& context) {
  Findings findings(file.path);
  if (file.content.size() > kJsonSize) {
    findings.not_checked(too_large());
    return findings.take();
  }
  if (is_text(file.kind)) check_conflict_markers(file, findings);
  check(file, context, findings);
  return findings.take();
}

}  // namespace stravinsky::hooks
