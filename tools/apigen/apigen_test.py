"""Tests of the generator: python3 -m unittest discover -s tools -p '*_test.py'"""

import json
import pathlib
import re
import tempfile
import unittest

from apigen import headers, names, tables
from apigen.model import Model


def make_model(shapes):
    folder = tempfile.TemporaryDirectory()
    path = pathlib.Path(folder.name)
    document = {"metadata": {"protocols": ["json"], "apiVersion": "1", "endpointPrefix": "x"},
                "operations": {"Do": {"http": {"method": "POST", "requestUri": "/"}, "input": {"shape": "A"}}},
                "shapes": {"String": {"type": "string"}, **shapes}}
    (path / "x.json").write_text(json.dumps(document))
    (path / "overlay.json").write_text('{"defaults": {"json": {"validationCode": "V"}}, "services": {}}')
    with folder:
        return Model(path / "x.json", path / "overlay.json")


def structure(**members):
    return {"type": "structure", "members": {name: {"shape": shape} for name, shape in members.items()}}


class NamesTest(unittest.TestCase):
    def test_members_become_snake_case(self):
        for name, expected in {
                "FunctionName": "function_name", "KMSKeyArn": "kms_key_arn", "CodeSha256": "code_sha256",
                "logGroupName": "log_group_name", "S3Bucket": "s3_bucket", "ARNs": "arns", "default": "default_",
                "MD5OfBody": "md5_of_body", "Ipv6AllowedForDualStack": "ipv6_allowed_for_dual_stack",
                "IPv6Cidr": "ipv6_cidr", "x-amz-id": "x_amz_id", "2D": "n2_d"}.items():
            self.assertEqual(names.snake_case(name), expected)

    def test_values_become_constants(self):
        for value, expected in {"python3.12": "kPython3_12", "REQUEST_RESPONSE": "kRequestResponse",
                                "Active": "kActive", "$LATEST": "kLatest", "": "kEmpty", "s3:Put*": "kS3Put"}.items():
            self.assertEqual(names.constant_name(value), expected)

    def test_repeated_names_are_numbered(self):
        self.assertEqual(names.unique(["a", "b", "a"]), ["a", "b", "a_2"])

    def test_literals_are_escaped(self):
        self.assertEqual(names.literal('a"\\\n\u00fc'), '"a\\"\\\\\\n\\303\\274"')


class ModelTest(unittest.TestCase):
    def test_a_struct_comes_after_what_it_holds(self):
        model = make_model({"A": structure(b="B"), "B": structure(c="C"), "C": structure(s="String")})
        self.assertEqual(model.ordered_structures(), ["C", "B", "A"])

    def test_cycles_are_boxed_and_lists_in_cycles_are_not(self):
        model = make_model({"A": structure(a="A", list="As"), "As": {"type": "list", "member": {"shape": "A"}}})
        self.assertEqual(model.member_type("A", {"shape": "A"}), "wire::Box<A>")
        self.assertEqual(model.member_type("A", {"shape": "As"}), "std::optional<std::vector<A>>")

    def test_a_struct_held_directly_comes_first_even_when_a_list_leads_back(self):
        model = make_model({"A": structure(b="B"), "B": structure(list="As"),
                            "As": {"type": "list", "member": {"shape": "A"}}})
        self.assertEqual(model.ordered_structures(), ["B", "A"])

    def test_every_shape_has_a_row_and_every_operation_a_virtual(self):
        model = make_model({"A": structure(s="String")})
        source = tables.source(model)
        self.assertIn("extern const wire::Shape kShapes[2];", source)
        self.assertEqual(len(re.findall(r"virtual Task<>", headers.api_header(model))), 1)


if __name__ == "__main__":
    unittest.main()
