"""A service model as the generator sees it: shapes with their C++ types, in an order that C++ can compile."""

import json

from . import names

SCALARS = {
    "string": "std::string", "blob": "std::string", "boolean": "bool", "integer": "std::int32_t",
    "long": "std::int64_t", "float": "float", "double": "double", "timestamp": "TimePoint",
}


class Model:
    def __init__(self, path, overlay_path):
        document = json.loads(path.read_text())
        overlay = json.loads(overlay_path.read_text())
        self.name = path.stem
        self.namespace = self.name.replace("-", "_")
        self.metadata = document["metadata"]
        self.operations = dict(sorted(document["operations"].items()))
        self.shapes = document["shapes"]
        self.overlay = overlay["services"].get(self.name, {})
        family = "query" if self.metadata["protocols"][0] == "query" else "json"
        self.validation_code = self.overlay.get("validationCode", overlay["defaults"][family]["validationCode"])
        self.protocols = self.metadata["protocols"] + self.overlay.get("extraProtocols", [])
        self.xml_namespace = self.overlay.get("xmlNamespace", self.metadata.get("xmlNamespace", ""))
        self.path_member = self.overlay.get("pathMember", "")
        self._apply_overlay()
        self.shape_names = sorted(self.shapes)
        self.shape_index = {name: index for index, name in enumerate(self.shape_names)}
        self._direct = {name: self._edges(name, direct=True) for name in self.structures()}
        self._all = {name: self._edges(name, direct=False) for name in self.structures()}
        self._component_direct = components(self._direct)
        self._component_all = components(self._all)

    def _apply_overlay(self):
        """Facts about shapes that the model lacks."""
        for name, error in self.overlay.get("errors", {}).items():
            self.shapes[name]["error"] = error
        for name in self.overlay.get("openEnums", []):
            self.shapes[name]["open"] = True
        for name, (member, *pair) in self.overlay.get("queryNames", {}).items():
            shape = self.shapes[name]
            shape["queryName"] = member
            if pair:
                shape["key"]["locationName"], shape["value"]["locationName"] = pair

    def structures(self):
        """Names of the shapes that become C++ structs."""
        return [name for name, shape in sorted(self.shapes.items())
                if shape["type"] == "structure" and not shape.get("document")]

    def errors(self):
        return [name for name, shape in sorted(self.shapes.items()) if shape.get("exception")]

    def stored_members(self, name):
        """Members that the struct has: all but event streams."""
        return {member: ref for member, ref in self.shapes[name]["members"].items()
                if not self.shapes[ref["shape"]].get("eventstream")}

    def field_names(self, name):
        """C++ name for each stored member."""
        members = list(self.stored_members(name))
        return dict(zip(members, names.unique(names.snake_case(member) for member in members)))

    def value_type(self, name):
        """C++ type of a shape's value."""
        shape = self.shapes[name]
        kind = shape["type"]
        if shape.get("document"):
            return "wire::Document"
        if kind == "structure":
            return names.type_name(name)
        if kind == "list":
            element = self.element_type(shape, shape["member"])
            return f"std::deque<{element}>" if element == "bool" else f"std::vector<{element}>"
        if kind == "map":
            return f"std::map<std::string, {self.element_type(shape, shape['value'])}>"
        return SCALARS[kind]

    def element_type(self, shape, element):
        value = self.value_type(element["shape"])
        return f"std::optional<{value}>" if shape.get("sparse") else value

    def is_boxed(self, owner, member):
        """Whether a member would make its struct contain itself."""
        target = member["shape"]
        return target in self._direct and self._component_direct[target] == self._component_direct[owner]

    def member_type(self, owner, member):
        value = self.value_type(member["shape"])
        if self.is_boxed(owner, member):
            return f"wire::Box<{value}>"
        return value if member.get("required") else f"std::optional<{value}>"

    def _edges(self, name, direct):
        """Structures that `name` holds: as members, or also inside of lists and maps."""
        found = set()
        waiting = [member["shape"] for member in self.stored_members(name).values()]
        while waiting:
            current = waiting.pop()
            shape = self.shapes[current]
            if shape["type"] == "structure" and not shape.get("document"):
                found.add(current)
            elif not direct and shape["type"] == "list":
                waiting.append(shape["member"]["shape"])
            elif not direct and shape["type"] == "map":
                waiting.append(shape["value"]["shape"])
        return found

    def ordered_structures(self):
        """Structures such that each comes after those whose complete type it needs."""
        done, order = set(), []

        def visit(name):
            if name in done:
                return
            done.add(name)
            for other in sorted(self._all[name]):
                same_cycle = self._component_all[other] == self._component_all[name]
                held = other in self._direct[name] and self._component_direct[other] != self._component_direct[name]
                if not same_cycle or held:
                    visit(other)
            order.append(name)

        for name in self.structures():
            visit(name)
        return order


def components(graph):
    """Number of the strongly connected component of each node (Tarjan)."""
    index, low, on_stack, stack, result = {}, {}, set(), [], {}

    def connect(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        on_stack.add(node)
        for other in graph[node]:
            if other not in index:
                connect(other)
                low[node] = min(low[node], low[other])
            elif other in on_stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            number = len(result)
            while True:
                other = stack.pop()
                on_stack.discard(other)
                result[other] = number
                if other == node:
                    break

    for node in graph:
        if node not in index:
            connect(node)
    return result
