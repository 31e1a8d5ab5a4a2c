#pragma once

// XML from strangers, over libxml2: read with nothing fetched, no document types and no entities, and looked
// at by the names of elements. Nodes are libxml2's; they live as long as their document. Free of threads and
// loops.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using xmlDoc = struct _xmlDoc;
using xmlNode = struct _xmlNode;

namespace martlet::sts {

/// An element's namespace and local name.
struct XmlName {
  const char* space;
  const char* name;
};

class XmlDocument {
 public:
  /// nullopt when the text is malformed or declares a document type.
  static std::optional<XmlDocument> parse(std::string_view text);

  [[nodiscard]] xmlDoc* get() const { return document_.get(); }
  /// Null unless the root element is called so.
  [[nodiscard]] xmlNode* root(const XmlName& name) const;

 private:
  explicit XmlDocument(std::shared_ptr<xmlDoc> document) : document_(std::move(document)) {}
  std::shared_ptr<xmlDoc> document_;
};

/// The elements of this name directly below `parent`; none below null.
std::vector<xmlNode*> children(const xmlNode* parent, const XmlName& name);
/// Null unless there is exactly one.
xmlNode* only_child(const xmlNode* parent, const XmlName& name);
/// An attribute without a namespace; empty when absent, or for null.
std::string attribute(const xmlNode* element, const char* name);
/// All of the element's text, comments left out, white space around it cut off; empty for null.
std::string text_of(const xmlNode* element);

}  // namespace martlet::sts
