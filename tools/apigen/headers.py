"""The generated headers: types.h, values.h, api.h, model.h, bind.h; and api.cc."""

from . import names

SCALAR_DEFAULTS = {"bool": " = false", "std::int32_t": " = 0", "std::int64_t": " = 0", "float": " = 0",
                   "double": " = 0"}


def banner(model, what):
    return (f"// Generated from models/{model.name}.json by tools/generate_api.py: {what}\n")


def types_header(model):
    lines = ["#pragma once", "", banner(model, "the structures of the API, in AWS's names turned to snake_case."),
             "#include <cstdint>", "#include <deque>", "#include <map>", "#include <optional>", "#include <string>",
             "#include <vector>", "", '#include "base/time.h"', '#include "wire/box.h"',
             '#include "wire/document.h"', "", f"namespace martlet::{model.namespace} {{", ""]
    order = model.ordered_structures()
    lines += [f"struct {names.type_name(name)};" for name in order] + [""]
    for name in order:
        lines += struct_lines(model, name) + [""]
    lines.append(f"}}  // namespace martlet::{model.namespace}")
    return "\n".join(lines) + "\n"


def struct_lines(model, name):
    members = model.stored_members(name)
    fields = model.field_names(name)
    own = names.type_name(name)
    if not members:
        return [f"struct {own} {{}};"]
    lines = [f"struct {own} {{"]
    for member, ref in members.items():
        kind = model.member_type(name, ref)
        lines.append(f"  {kind} {fields[member]}{SCALAR_DEFAULTS.get(kind, '')};")
    return lines + ["};"]


def values_header(model):
    lines = ["#pragma once", "", banner(model, "the values of enumerations; in structures they are strings."),
             "#include <string_view>", "", f"namespace martlet::{model.namespace}::values {{", ""]
    for name, shape in sorted(model.shapes.items()):
        if not shape.get("enum"):
            continue
        lines.append(f"struct {names.type_name(name)} {{")
        constants = names.unique(names.constant_name(value) for value in shape["enum"])
        for constant, value in zip(constants, shape["enum"]):
            lines.append(f"  static constexpr std::string_view {constant} = {names.literal(value)};")
        lines += ["};", ""]
    lines.append(f"}}  // namespace martlet::{model.namespace}::values")
    return "\n".join(lines) + "\n"


def signature(model, name, with_names, scope=""):
    operation = model.operations[name]
    result = f"Task<{names.type_name(operation['output']['shape'])}>" if "output" in operation else "Task<>"
    parameters = ["wire::Context&" + (" context" if with_names else "")]
    if "input" in operation:
        parameters.append(names.type_name(operation["input"]["shape"]) + (" input" if with_names else ""))
    return f"{result} {scope}{name}({', '.join(parameters)})"


def api_header(model):
    lines = ["#pragma once", "",
             banner(model, "the interface that a service implements.") +
             "// Each operation that is not overridden throws aws::not_implemented naming itself. `context` outlives the call.",
             "", f'#include "api/{model.name}/types.h"', '#include "base/task.h"', "",
             "namespace martlet::wire {", "struct Context;", "}", "",
             f"namespace martlet::{model.namespace} {{", "", "class Api {", " public:", "  virtual ~Api();", ""]
    lines += [f"  virtual {signature(model, name, with_names=True)};" for name in model.operations]
    lines += ["};", "", f"}}  // namespace martlet::{model.namespace}"]
    return "\n".join(lines) + "\n"


def api_source(model):
    lines = [banner(model, "the defaults of the interface."),
             f'#include "api/{model.name}/api.h"', "", '#include "base/error.h"', "",
             f"namespace martlet::{model.namespace} {{", "namespace {", "",
             "[[noreturn]] void refuse(const char* operation) {",
             f"  throw aws::not_implemented({names.literal(model.name)}, operation);", "}", "", "}  // namespace", "",
             "Api::~Api() = default;"]
    for name in model.operations:
        lines.append(f'{signature(model, name, with_names=False, scope="Api::")} {{ refuse("{name}"); }}')
    lines += ["", f"}}  // namespace martlet::{model.namespace}"]
    return "\n".join(lines) + "\n"


def model_header(model):
    return "\n".join([
        "#pragma once", "", banner(model, "the tables of the API."),
        '#include "wire/service.h"', "", f"namespace martlet::{model.namespace} {{", "",
        "const wire::ServiceModel& model();", "", f"}}  // namespace martlet::{model.namespace}", ""])


def bind_header(model):
    count = len(model.operations)
    lines = ["#pragma once", "", banner(model, "joins the tables with a class that implements the interface."),
             "#include <array>", "", f'#include "api/{model.name}/api.h"', f'#include "api/{model.name}/model.h"', "",
             f"namespace martlet::{model.namespace} {{", "",
             "/// How to call what `Impl` overrides, in the order of model().operations. Overrides must be public.",
             "template <class Impl>", f"inline constexpr std::array<wire::Invoker, {count}> kInvokers = {{"]
    lines += [f"    wire::invoker<Api, &Impl::{name}>()," for name in model.operations]
    lines += ["};", "", "/// `impl` must outlive what is returned.", "template <class Impl>",
              "wire::BoundService bind(Impl& impl) {",
              "  return {.model = &model(), .api = static_cast<Api*>(&impl), .invokers = kInvokers<Impl>};", "}", "",
              f"}}  // namespace martlet::{model.namespace}"]
    return "\n".join(lines) + "\n"
