"""The generated model.cc: constant tables of wire/tables.h and wire/service.h for one service."""

from . import headers, names
from .names import literal

KINDS = {"structure": "Structure", "list": "List", "map": "Map", "string": "String", "blob": "Blob",
         "boolean": "Boolean", "integer": "Integer", "long": "Long", "float": "Float", "double": "Double",
         "timestamp": "Timestamp"}
LOCATIONS = {"uri": "kUri", "querystring": "kQuery", "header": "kHeader", "headers": "kPrefixHeaders",
             "statusCode": "kStatusCode"}
TIME_FORMATS = {"unixTimestamp": "kEpochSeconds", "iso8601": "kDateTime", "rfc822": "kHttpDate"}
PROTOCOLS = {"rest-json": "kRestJson", "rest-xml": "kRestXml", "query": "kQuery", "smithy-rpc-v2-cbor": "kCbor"}


class Tables:
    """Collects the rows of each table while shapes are visited, then writes them out."""

    def __init__(self, model):
        self.model = model
        self.enum_values, self.constraints, self.errors = [], [], []
        self.namespaces, self.elements, self.members, self.shapes = [], [], [], []

    def shape_ref(self, name):
        return f"&kShapes[{self.model.shape_index[name]}]"

    def namespace_ref(self, holder):
        value = holder.get("xmlNamespace")
        if not value:
            return None
        if isinstance(value, str):
            value = {"uri": value}
        row = f"{{{literal(value['uri'])}, {literal(value.get('prefix', ''))}}}"
        if row not in self.namespaces:
            self.namespaces.append(row)
        return f"&kNamespaces[{self.namespaces.index(row)}]"

    def add_shape(self, name):
        shape = self.model.shapes[name]
        kind = "Document" if shape.get("document") else KINDS[shape["type"]]
        fields = [f".name = {literal(name)}", f".kind = Kind::k{kind}"]
        if "timestampFormat" in shape:
            fields.append(f".time_format = TimeFormat::{TIME_FORMATS[shape['timestampFormat']]}")
        for flag, field in (("union", "is_union"), ("exception", "is_exception"), ("sparse", "sparse"),
                            ("flattened", "flattened"), ("eventstream", "event_stream"), ("sensitive", "sensitive")):
            if shape.get(flag):
                fields.append(f".{field} = true")
        if kind == "Structure":
            fields += self.structure_fields(name, shape)
        elif kind == "List":
            fields.append(f".element = {self.add_element(shape, shape['member'])}")
            fields.append(f".list = &wire::kList<{self.model.value_type(name)}>")
        elif kind == "Map":
            fields.append(f".element = {self.add_element(shape, shape['value'])}")
            fields.append(f".key = {self.add_element({}, shape['key'])}")
            fields.append(f".map = &wire::kMap<{self.model.value_type(name)}>")
        constraints = self.add_constraints(shape)
        if constraints:
            fields.append(f".constraints = {constraints}")
        if shape.get("exception"):
            fields.append(f".error = {self.add_error(shape.get('error', {}), shape)}")
            fields.append(f".storage = &wire::kStorage<{names.type_name(name)}>")
        if "locationName" in shape:
            fields.append(f".xml_name = {literal(shape['locationName'])}")
        namespace = self.namespace_ref(shape)
        if namespace:
            fields.append(f".xml_namespace = {namespace}")
        self.shapes.append("{" + ", ".join(fields) + "}")

    def structure_fields(self, name, shape):
        fields = []
        if "payload" in shape:
            fields.append(f".payload = {list(shape['members']).index(shape['payload'])}")
        if shape["members"]:
            fields.append(f".members = {{kMembers + {len(self.members)}, {len(shape['members'])}}}")
        field_names = self.model.field_names(name)
        for member, ref in shape["members"].items():
            self.members.append(self.member_row(name, member, ref, field_names.get(member)))
        return fields

    def member_row(self, owner, name, ref, field):
        fields = [f".name = {literal(name)}", f".wire_name = {literal(ref.get('locationName', name))}",
                  f".shape = {self.shape_ref(ref['shape'])}"]
        query_name = self.model.shapes[ref["shape"]].get("queryName")
        if query_name:
            fields.insert(2, f".query_name = {literal(query_name)}")
        if field:
            fields.append(f".access = {self.access(self.model.member_type(owner, ref))}")
            fields.append(f".offset = offsetof({names.type_name(owner)}, {field})")
        if "location" in ref:
            fields.append(f".location = Location::{LOCATIONS[ref['location']]}")
        if "timestampFormat" in ref:
            fields.append(f".time_format = TimeFormat::{TIME_FORMATS[ref['timestampFormat']]}")
        target = self.model.shapes[ref["shape"]]
        flags = {  # in the order of wire::Member's declaration
            "renamed": "locationName" in ref, "required": ref.get("required") and field,
            "flattened": ref.get("flattened"), "xml_attribute": ref.get("xmlAttribute"),
            "json_value": ref.get("jsonvalue"), "event_payload": ref.get("eventpayload"),
            "event_header": ref.get("eventheader"), "streaming": ref.get("streaming") or target.get("streaming"),
            "event_stream": not field, "host_label": ref.get("hostLabel"),
            "idempotency_token": ref.get("idempotencyToken")}
        fields += [f".{flag} = true" for flag, value in flags.items() if value]
        namespace = self.namespace_ref(ref)
        if namespace:
            fields.append(f".xml_namespace = {namespace}")
        return "{" + ", ".join(fields) + "}"

    @staticmethod
    def access(kind):
        for prefix, table in (("std::optional<", "kOptionalSlot"), ("wire::Box<", "kBoxSlot")):
            if kind.startswith(prefix):
                return f"&wire::{table}<{kind[len(prefix):-1]}>"
        return "&wire::kPlainSlot"

    def add_element(self, shape, ref):
        kind = self.model.element_type(shape, ref)
        namespace = self.namespace_ref(ref) or "nullptr"
        row = (f"{{{self.shape_ref(ref['shape'])}, {self.access(kind)}, {literal(ref.get('locationName', ''))}, "
               f"{namespace}}}")
        if row not in self.elements:
            self.elements.append(row)
        return f"&kElements[{self.elements.index(row)}]"

    def add_constraints(self, shape):
        is_closed = "enum" in shape and not shape.get("open")
        if not is_closed and not any(fact in shape for fact in ("min", "max", "pattern")):
            return None
        fields = []
        fields += [f".has_{bound} = true" for bound in ("min", "max") if bound in shape]
        fields += [f".{bound} = {float(shape[bound])!r}" for bound in ("min", "max") if bound in shape]
        if "pattern" in shape:
            fields.append(f".pattern = {literal(shape['pattern'])}")
        if is_closed:
            fields.append(f".enum_values = {{kEnumValues + {len(self.enum_values)}, {len(shape['enum'])}}}")
            self.enum_values += [literal(value) for value in shape["enum"]]
        row = "{" + ", ".join(fields) + "}"
        if row not in self.constraints:
            self.constraints.append(row)
        return f"&kConstraints[{self.constraints.index(row)}]"

    def add_error(self, error, shape):
        status = error.get("httpStatusCode", 500 if shape.get("fault") else 400)
        sender = "true" if error.get("senderFault", status < 500) else "false"
        row = f"{{{literal(error.get('code', ''))}, {status}, {sender}}}"
        if row not in self.errors:
            self.errors.append(row)
        return f"&kErrors[{self.errors.index(row)}]"

    def operation_row(self, name):
        operation = self.model.operations[name]
        http = operation["http"]
        fields = [f".name = {literal(name)}", f".method = {literal(http['method'])}", f".uri = {literal(http['requestUri'])}"]
        if http.get("responseCode", 200) != 200:
            fields.append(f".status = {http['responseCode']}")
        if "input" in operation:
            fields.append(f".input = {self.shape_ref(operation['input']['shape'])}")
        if "output" in operation:
            fields.append(f".output = {self.shape_ref(operation['output']['shape'])}")
            if "resultWrapper" in operation["output"]:
                fields.append(f".result_wrapper = {literal(operation['output']['resultWrapper'])}")
        if "locationName" in operation.get("input", {}):
            fields.append(f".input_xml_name = {literal(operation['input']['locationName'])}")
        namespace = self.namespace_ref(operation.get("input", {}))
        if namespace:
            fields.append(f".input_xml_namespace = {namespace}")
        if "hostPrefix" in operation:
            fields.append(f".host_prefix = {literal(operation['hostPrefix'])}")
        if operation.get("unsigned") or name in self.model.overlay.get("unsigned", []):
            fields.append(".unsigned_allowed = true")
        return "{" + ", ".join(fields) + "}"

    def protocol_list(self):
        result = []
        for protocol in self.model.protocols:
            if protocol == "json":
                version = self.model.metadata.get("jsonVersion", "1.0")
                result.append("Protocol::kAwsJson11" if version == "1.1" else "Protocol::kAwsJson10")
            else:
                result.append("Protocol::" + PROTOCOLS[protocol])
        return result

    def service_fields(self):
        metadata = self.model.metadata
        endpoint = metadata["endpointPrefix"]
        fields = [("name", self.model.name), ("api_version", metadata["apiVersion"]),
                  ("service_id", metadata.get("serviceId", self.model.name)), ("endpoint_prefix", endpoint),
                  ("signing_name", metadata.get("signingName", endpoint)),
                  ("target_prefix", metadata.get("targetPrefix", ""))]
        rows = [f".{field} = {literal(value)}" for field, value in fields]
        rows.append(".protocols = kProtocols")
        if metadata.get("awsQueryCompatible"):
            rows.append(".query_compatible = true")
        rows += [f".xml_namespace = {literal(self.model.xml_namespace)}",
                 f".validation_code = {literal(self.model.validation_code)}"]
        if self.model.path_member:
            rows.append(f".path_member = {literal(self.model.path_member)}")
        rows.append(".operations = kOperations")
        if self.model.errors():
            rows.append(".errors = kErrorShapes")
        return rows


def array(kind, name, rows):
    """A constant table; nothing for an empty one."""
    if not rows:
        return []
    return [f"constexpr {kind} {name}[] = {{", *(f"    {row}," for row in rows), "};", ""]


def source(model):
    tables = Tables(model)
    for name in model.shape_names:
        tables.add_shape(name)
    operations = [tables.operation_row(name) for name in model.operations]
    error_shapes = [tables.shape_ref(name) for name in model.errors()]
    lines = [headers.banner(model, "the tables of the API."), f'#include "api/{model.name}/model.h"', "",
             "#include <cstddef>", "", f'#include "api/{model.name}/types.h"', '#include "wire/storage.h"', "",
             "#pragma clang diagnostic ignored \"-Winvalid-offsetof\"  // all of these are plain structs without bases",
             "", f"namespace martlet::{model.namespace} {{", "namespace {", "",
             "using wire::Kind, wire::Location, wire::Protocol, wire::TimeFormat;", "",
             f"extern const wire::Shape kShapes[{len(tables.shapes)}];", ""]
    lines += array("std::string_view", "kEnumValues", tables.enum_values)
    lines += array("wire::Constraints", "kConstraints", tables.constraints)
    lines += array("wire::ErrorTraits", "kErrors", tables.errors)
    lines += array("wire::XmlNamespace", "kNamespaces", tables.namespaces)
    lines += array("wire::Element", "kElements", tables.elements)
    lines += array("wire::Member", "kMembers", tables.members)
    lines += [f"constinit const wire::Shape kShapes[{len(tables.shapes)}] = {{",
              *(f"    {row}," for row in tables.shapes), "};", ""]
    lines += array("wire::Operation", "kOperations", operations)
    lines += array("const wire::Shape*", "kErrorShapes", error_shapes)
    lines += array("Protocol", "kProtocols", tables.protocol_list())
    lines += ["constexpr wire::ServiceModel kModel{", *(f"    {row}," for row in tables.service_fields()), "};", "",
              "}  // namespace", "", "const wire::ServiceModel& model() { return kModel; }", "",
              f"}}  // namespace martlet::{model.namespace}"]
    return "\n".join(lines) + "\n"
