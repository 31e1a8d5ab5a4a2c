#include "base/crypto.h"
#include "base/strings.h"
#include "wire/document.h"
#include "wire/json_codec.h"
#include "wire/scalar.h"

namespace martlet::wire {
namespace {

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  void members(const Shape& shape, JsonMembers which, const void* source) {
    for (const Member& member : shape.members) {
      if (which == JsonMembers::kBody && !in_answer_body(member.location)) continue;
      const void* content = member.find(source);
      if (content == nullptr) continue;
      out_ += quote_json(member.wire_name);
      out_ += ':';
      value(*member.shape, member.time_format, content);
      out_ += ',';
    }
  }

  void value(const Shape& shape, TimeFormat format, const void* source) {
    switch (shape.kind) {
      case Kind::kStructure:
        out_ += '{';
        members(shape, JsonMembers::kAll, source);
        return close('}');
      case Kind::kList:
        return list(shape, source);
      case Kind::kMap:
        return map(shape, source);
      case Kind::kDocument:
        out_ += static_cast<const Document*>(source)->json;
        return;
      case Kind::kString:
        out_ += quote_json(*static_cast<const std::string*>(source));
        return;
      default:
        return scalar(shape, format, source);
    }
  }

 private:
  void close(char end) {
    if (out_.back() == ',')
      out_.back() = end;
    else
      out_ += end;
  }

  void slot(const Element& element, void* place) {
    const void* content = element.access->find(place);
    if (content == nullptr)
      out_ += "null";
    else
      value(*element.shape, TimeFormat::kDefault, content);
    out_ += ',';
  }

  void list(const Shape& shape, const void* source) {
    out_ += '[';
    const std::size_t count = shape.list->size(source);
    for (std::size_t i = 0; i < count; ++i)
      slot(*shape.element, shape.list->at(const_cast<void*>(source), i));
    close(']');
  }

  void map(const Shape& shape, const void* source) {
    out_ += '{';
    struct Visitor {
      JsonWriter& writer;
      const Element& element;
    } visitor{*this, *shape.element};
    shape.map->each(const_cast<void*>(source), &visitor,
                    [](void* context, const std::string& key, void* place) {
                      auto& [writer, element] = *static_cast<Visitor*>(context);
                      writer.out_ += quote_json(key);
                      writer.out_ += ':';
                      writer.slot(element, place);
                    });
    close('}');
  }

  void scalar(const Shape& shape, TimeFormat format, const void* source) {
    const TimeFormat chosen = choose_format(format, shape, TimeFormat::kEpochSeconds);
    const std::string text = scalar_text(shape, source, chosen);
    const bool is_date_text = shape.kind == Kind::kTimestamp && chosen != TimeFormat::kEpochSeconds;
    const bool is_word = (shape.kind == Kind::kFloat || shape.kind == Kind::kDouble) &&
                         (text.ends_with('N') || text.ends_with('y'));  // NaN, Infinity
    if (shape.kind == Kind::kBlob || is_date_text || is_word) {
      out_ += '"';
      out_ += text;
      out_ += '"';
    } else {
      out_ += text;
    }
  }

  std::string& out_;
};

}  // namespace

void encode_json_members(const Shape& structure, JsonMembers which, const void* value, std::string& out) {
  JsonWriter(out).members(structure, which, value);
}

std::string encode_json(const Shape& structure, JsonMembers which, const void* value) {
  std::string out = "{";
  encode_json_members(structure, which, value, out);
  if (out.back() == ',') out.pop_back();
  return out + '}';
}

std::string encode_json_value(const Shape& shape, TimeFormat format, const void* value) {
  std::string out;
  JsonWriter(out).value(shape, format, value);
  return out;
}

}  // namespace martlet::wire
