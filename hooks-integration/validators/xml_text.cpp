#include "validators/xml_text.hpp"

#include <expat.h>
#include <fmt/format.h>

#include <exception>
#include <memory>

namespace stravinsky::hooks {
namespace {

static_assert(sizeof(XML_Char) == 1, "expat hands over UTF-8");

struct FreeParser {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};

/// One reading: what expat's callbacks share. They are C functions, so nothing may be thrown
/// through them: it waits in `thrown`.
struct Reading {
  XML_Parser parser;
  const XmlHandler& handler;
  std::optional<JsonFault> fault = std::nullopt;
  std::exception_ptr thrown = nullptr;
  std::size_t depth = 0;

  JsonPosition here() const {
    return {static_cast<std::uint32_t>(XML_GetCurrentLineNumber(parser)),
            static_cast<std::uint32_t>(XML_GetCurrentColumnNumber(parser) + 1)};
  }
  void stop(std::string reason) {
    if (!fault) fault = {here(), std::move(reason)};
    XML_StopParser(parser, XML_FALSE);
  }
  /// Runs what may throw and gives a reason.
  template <typename Call>
  void run(Call&& call) {
    if (fault || thrown) return;  // expat may call once more after it was stopped
    try {
      if (std::string reason = call(); !reason.empty()) stop(std::move(reason));
    } catch (...) {
      thrown = std::current_exception();
      XML_StopParser(parser, XML_FALSE);
    }
  }
};

Reading& reading_of(void* data) { return *static_cast<Reading*>(data); }

extern "C" {

void stravinsky_xml_start(void* data, const XML_Char* name, const XML_Char** attributes) {
  Reading& reading = reading_of(data);
  reading.run([&]() -> std::string {
    if (++reading.depth > kXmlDepth) {
      return fmt::format("more than {} elements inside each other", kXmlDepth);
    }
    if (!reading.handler.start) return {};
    XmlHandler::Attributes list;
    for (; attributes[0] != nullptr; attributes += 2)
      list.emplace_back(attributes[0], attributes[1]);
    return reading.handler.start(name, list, reading.here());
  });
}

void stravinsky_xml_end(void* data, const XML_Char* name) {
  Reading& reading = reading_of(data);
  reading.run([&]() -> std::string {
    --reading.depth;
    return reading.handler.end ? reading.handler.end(name, reading.here()) : std::string();
  });
}

void stravinsky_xml_text(void* data, const XML_Char* text, int length) {
  Reading& reading = reading_of(data);
  reading.run([&]() -> std::string {
    if (!reading.handler.text) return {};
    return reading.handler.text({text, static_cast<std::size_t>(length)}, reading.here());
  });
}

void stravinsky_xml_doctype(void* data, const XML_Char* name, const XML_Char* /*system*/,
                            const XML_Char* /*public_id*/, int has_internal_subset) {
  Reading& reading = reading_of(data);
  reading.run([&]() -> std::string {
    if (!reading.handler.doctype) return {};
    return reading.handler.doctype(name, has_internal_subset != 0);
  });
}

void stravinsky_xml_entity(void* data, const XML_Char* name, int /*is_parameter*/,
                           const XML_Char* /*value*/, int /*length*/, const XML_Char* /*base*/,
                           const XML_Char* /*system*/, const XML_Char* /*public_id*/,
                           const XML_Char* /*notation*/) {
  Reading& reading = reading_of(data);
  reading.run([&]() -> std::string {
    return fmt::format("an entity is declared ('{}'): refused, as a few of them fill memory", name);
  });
}

}  // extern "C"

}  // namespace

std::optional<JsonFault> read_xml(std::string_view text, const XmlHandler& handler) {
  if (text.size() > kJsonSize) {
    return JsonFault{{}, fmt::format("the text has more than {} bytes", kJsonSize)};
  }
  const std::unique_ptr<XML_ParserStruct, FreeParser> parser(XML_ParserCreate(nullptr));
  if (!parser) throw std::bad_alloc();
  Reading reading{.parser = parser.get(), .handler = handler};
  XML_SetUserData(parser.get(), &reading);
  XML_SetElementHandler(parser.get(), stravinsky_xml_start, stravinsky_xml_end);
  XML_SetCharacterDataHandler(parser.get(), stravinsky_xml_text);
  XML_SetStartDoctypeDeclHandler(parser.get(), stravinsky_xml_doctype);
  XML_SetEntityDeclHandler(parser.get(), stravinsky_xml_entity);

  const XML_Status status =
      XML_Parse(parser.get(), text.data(), static_cast<int>(text.size()), /*isFinal=*/1);
  if (reading.thrown) std::rethrow_exception(reading.thrown);
  if (reading.fault) return reading.fault;
  if (status == XML_STATUS_OK) return std::nullopt;
  return JsonFault{reading.here(), XML_ErrorString(XML_GetErrorCode(parser.get()))};
}

}  // namespace stravinsky::hooks
