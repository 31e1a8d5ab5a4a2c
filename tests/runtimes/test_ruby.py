"""The Ruby bootstrap against a fake Runtime API."""

import json
import shutil
import unittest
from pathlib import Path

from fake_runtime_api import PATIENCE, Bootstrap

RUNTIME = Path(__file__).resolve().parents[2] / "runtimes/ruby"
RUBY = shutil.which("ruby")


@unittest.skipUnless(RUBY, "there is no Ruby on this machine")
class RubyTest(unittest.TestCase):
    def bootstrap(self, source, preboot=False, files=None, **environment):
        command = [RUBY, "--disable-gems", str(RUNTIME / "bootstrap.rb")]
        started = Bootstrap(command, {"app.rb": source, **(files or {})}, environment, preboot)
        self.addCleanup(started.close)
        return started

    def fails_to_start(self, source, kind, message, **environment):
        started = self.bootstrap(source, **environment)
        error = started.take("runtime/init/error")
        document = json.loads(error.body)
        self.assertEqual((error.headers["lambda-runtime-function-error-type"], document["errorType"]), (kind, kind))
        self.assertRegex(document["errorMessage"], message)
        started.give(b"{}", 202)
        self.assertEqual(started.process.wait(PATIENCE), 1)

    def test_handlers(self):
        source = "def handler(event:, context:)\n  { event: event, name: context.function_name }\nend\n"
        self.assertEqual(json.loads(self.bootstrap(source).answer_of(b'{"a": 1}').body), {"event": {"a": 1}, "name": "tried"})
        source = "module Some\n  class Thing\n    def self.go(event:, context:)\n      event + 1\n    end\n  end\nend\n"
        started = self.bootstrap("", files={"lib/code.rb": source}, _HANDLER="lib/code.Some::Thing.go")
        self.assertEqual(started.answer_of(b"1").body, b"2")

    def test_a_preboot_becomes_the_function(self):
        source = (
            "require 'mine'\nrequire 'ours'\ndef handler(event:, context:)\n"
            "  [ENV.to_h, Dir.pwd, Time.at(0).hour, MINE, OURS]\nend\n"
        )
        gem = "Gem::Specification.new { |s| s.name = 'ours'; s.version = '1'; s.summary = s.author = 'x'; s.files = [] }"
        files = {
            "ruby/lib/mine.rb": "MINE = 1",
            "gems/specifications/ours-1.gemspec": gem,
            "gems/gems/ours-1/lib/ours.rb": "OURS = 2",
        }
        for preboot in (True, False):
            started = self.bootstrap(source, preboot, files, TZ="Asia/Tokyo")
            paths = {"RUBYLIB": started.task + "/ruby/lib", "GEM_PATH": started.task + "/gems"}
            started.variables.update(paths)
            if not preboot:  # the variables are known only when its directory is
                started = self.restarted(started)
            else:
                started.take("martlet/function")
                started.give(json.dumps(started.function()).encode())
            environment, directory, hour, mine, ours = json.loads(started.answer_of(b"1").body)
            self.assertEqual(environment, started.variables)
            self.assertEqual((directory, hour, mine, ours), (started.task, 9, 1, 2))

    def restarted(self, former):
        files = {str(p.relative_to(former.task)): p.read_bytes() for p in Path(former.task).rglob("*") if p.is_file()}
        kept = {name: former.variables[name] for name in ("RUBYLIB", "GEM_PATH", "TZ")}
        command = [RUBY, "--disable-gems", str(RUNTIME / "bootstrap.rb")]
        started = Bootstrap(command, files, kept)
        self.addCleanup(started.close)
        return started

    def test_the_context(self):
        source = (
            "def handler(event:, context:)\n  [context.aws_request_id, context.memory_limit_in_mb, context.log_group_name,\n"
            "   context.get_remaining_time_in_millis.between?(1, 5000), context.client_context['custom'], context.tenant_id,\n"
            "   ENV['_X_AMZN_TRACE_ID']]\nend\n"
        )
        headers = {"Lambda_Runtime_Client_Context": '{"custom": {"k": "ü"}}', "Lambda_Runtime_Aws_Tenant_Id": "t"}
        answer = self.bootstrap(source).answer_of(b"1", "id", Lambda_Runtime_Trace_Id="Root=1", **headers)
        self.assertEqual(json.loads(answer.body), ["id", 256, "/aws/lambda/tried", True, {"k": "ü"}, "t", "Root=1"])

    def test_errors(self):
        source = "def inner\n  raise ArgumentError, 'wrong ü'\nend\ndef handler(event:, context:)\n  inner\nend\n"
        started = self.bootstrap(source)
        for _ in range(2):
            error = started.answer_of(b"1")
            document = json.loads(error.body)
            self.assertEqual(error.headers["lambda-runtime-function-error-type"], "Function<ArgumentError>")
            self.assertEqual((document["errorType"], document["errorMessage"]), ("Function<ArgumentError>", "wrong ü"))
            self.assertEqual(len(document["stackTrace"]), 2)
            self.assertRegex(document["stackTrace"][0], r"app.rb:2:in .*inner'$")
        self.assertEqual(started.lines(1), ["Error raised from handler method\x1f"])

    def test_failures_to_load(self):
        self.fails_to_start("require 'not_there'", "Init<LoadError>", "cannot load such file -- not_there")
        self.fails_to_start("def handler(", "Init<SyntaxError>", "app.rb:1")
        self.fails_to_start("", "Init<NoMethodError>", "undefined method 'handler' for main:Object")
        self.fails_to_start("", "Init<ArgumentError>", "Invalid handler app", _HANDLER="app")

    def test_logging(self):
        source = (
            "require 'logger'\ndef handler(event:, context:)\n  puts 'plain'\n"
            "  Logger.new($stdout).warn(\"two\\nlines\")\n  nil\nend\n"
        )
        started = self.bootstrap(source)
        self.assertEqual(started.answer_of(b"1", "the-id").body, b"null")
        plain, first, second = started.lines(3)
        self.assertEqual((plain, second), ("plain", "lines"))
        self.assertRegex(first, r"^W, \[\S+ #\d+\]  WARN the-id -- : two\x1f$")


if __name__ == "__main__":
    unittest.main()
