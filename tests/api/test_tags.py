"""Tags of functions, with boto3. (Code signing configurations: test_code_signing.py.)"""

from harness import ApiTest

SOURCE = "def handler(event, context):\n    return 'here'\n"


class TagsTest(ApiTest):
    def setUp(self):
        self.name = self.id().rpartition(".")[2].replace("_", "-")
        self.arn = self.deploy(self.name, SOURCE, Tags={"team": "a"})["FunctionArn"]

    def tags(self):
        return self.functions.list_tags(Resource=self.arn)["Tags"]

    def test_tags_are_added_replaced_and_removed(self):
        self.assertEqual(self.tags(), {"team": "a"})
        self.functions.tag_resource(Resource=self.arn, Tags={"team": "b", "stage": "", "größe": "π"})
        self.assertEqual(self.tags(), {"team": "b", "stage": "", "größe": "π"})
        self.assertEqual(self.functions.get_function(FunctionName=self.name)["Tags"], self.tags())
        self.functions.untag_resource(Resource=self.arn, TagKeys=["stage", "unknown", "größe"])
        self.assertEqual(self.tags(), {"team": "b"})

    def test_fifty_at_most(self):
        self.functions.tag_resource(Resource=self.arn, Tags={f"tag{i}": "x" for i in range(49)})
        self.assert_refused(
            "InvalidParameterValueException",
            self.functions.tag_resource,
            Resource=self.arn,
            Tags={"more": "x"},
            message="^Number of tags exceeds resource tag limit.$",
        )
        self.functions.tag_resource(Resource=self.arn, Tags={"tag0": "changed"})
        self.assertEqual(len(self.tags()), 50)

    def test_refusals(self):
        tag = self.functions.tag_resource
        for tags in ({}, {"aws:mine": "x"}):
            self.assert_refused("InvalidParameterValueException", tag, Resource=self.arn, Tags=tags)
        for tags in ({"k" * 129: "x"}, {"k": "v" * 257}, {"": "x"}):
            self.assert_refused("ValidationException", tag, Resource=self.arn, Tags=tags)
        self.assert_refused(
            "InvalidParameterValueException",
            tag,
            Resource=self.arn + ":alias",
            Tags={"a": "b"},
            message="^Tags on function aliases and versions are not supported. Please specify a function ARN.$",
        )
        for arn in (self.arn + "-not", self.arn.replace("us-east-1", "eu-west-1")):
            self.assert_refused("ResourceNotFoundException", tag, Resource=arn, Tags={"a": "b"}, status=404)
            self.assert_refused("ResourceNotFoundException", self.functions.list_tags, Resource=arn)
