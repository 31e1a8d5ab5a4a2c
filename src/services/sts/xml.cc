#include "services/sts/xml.h"

#include <libxml/parser.h>
#include <libxml/tree.h>

namespace martlet::sts {

namespace {

using XmlText = std::unique_ptr<xmlChar, decltype(xmlFree)>;

std::string_view view(const xmlChar* text) {
  return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(text));
}

bool is_called(const xmlNode* node, const XmlName& name) {
  return node != nullptr && node->type == XML_ELEMENT_NODE && node->ns != nullptr &&
         view(node->ns->href) == name.space && view(node->name) == name.name;
}

std::string taken(xmlChar* text) {
  const XmlText owned(text, xmlFree);
  return std::string(view(owned.get()));
}

}  // namespace

std::optional<XmlDocument> XmlDocument::parse(std::string_view text) {
  constexpr int kOptions = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
  const std::shared_ptr<xmlDoc> document(
      xmlReadMemory(text.data(), static_cast<int>(text.size()), nullptr, nullptr, kOptions), &xmlFreeDoc);
  if (!document || xmlGetIntSubset(document.get()) != nullptr) return std::nullopt;
  return XmlDocument(document);
}

xmlNode* XmlDocument::root(const XmlName& name) const {
  xmlNode* const found = xmlDocGetRootElement(document_.get());
  return is_called(found, name) ? found : nullptr;
}

std::vector<xmlNode*> children(const xmlNode* parent, const XmlName& name) {
  std::vector<xmlNode*> found;
  if (parent == nullptr) return found;
  for (xmlNode* node = parent->children; node != nullptr; node = node->next)
    if (is_called(node, name)) found.push_back(node);
  return found;
}

xmlNode* only_child(const xmlNode* parent, const XmlName& name) {
  const auto found = children(parent, name);
  return found.size() == 1 ? found.front() : nullptr;
}

std::string attribute(const xmlNode* element, const char* name) {
  if (element == nullptr) return {};
  return taken(xmlGetNoNsProp(element, reinterpret_cast<const xmlChar*>(name)));
}

std::string text_of(const xmlNode* element) {
  if (element == nullptr) return {};
  constexpr std::string_view kSpace = " \t\r\n";
  const std::string text = taken(xmlNodeGetContent(element));
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) + 1 - first);
}

}  // namespace martlet::sts
