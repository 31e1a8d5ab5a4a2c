#!/usr/bin/env python3
"""The style check finds what it is there to find, and nothing else."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import check  # noqa: E402


def faults(rule, path, text, *arguments, blank=True):
    report = check.Report()
    rule(path, check.without_literals(text) if blank else text, *arguments, report)
    return report.faults


class StyleCheckTest(unittest.TestCase):
    def test_functions_are_measured_where_they_stand(self):
        code = (
            "namespace a {\n"
            "struct B {\n  int c = 0;\n  int d() const {\n    return 1;\n  }\n};\n"
            "constexpr int kTable[] = {1,\n 2,\n 3};\n"
            "int e(int x) {\n  if (x) {\n    return [&] { return 1; }();\n  }\n  return 2;\n}\n"
            "B::B() : c(1) {\n}\n"
            "}\n"
        )
        self.assertEqual(list(check.functions(check.without_literals(code))), [(4, 3), (11, 6), (17, 2)])

    def test_long_functions_and_files_are_faults(self):
        body = "int f() {\n" + "  g();\n" * 70 + "}\n"
        self.assertEqual(len(faults(check.check_functions, "src/base/a.cc", body)), 1)
        self.assertEqual(
            len(faults(check.check_functions, "src/base/a.cc", body.replace("g();\n", "g();\n", 1)[:200] + "}")), 0
        )
        self.assertEqual(len(faults(check.check_size, "src/base/a.cc", "\n" * 601)), 1)
        self.assertEqual(len(faults(check.check_size, "src/base/a.h", "\n" * 301)), 1)

    def test_literals_do_not_count(self):
        self.assertEqual(
            faults(check.check_time, "src/store/a.cc", '// std::this_thread::sleep_for\nauto s = "usleep(1)";'), []
        )
        self.assertEqual(
            faults(check.check_time, "src/store/a.cc", 'auto s = R"x(usleep(1) " )x"; int i = 1\'000;'), []
        )

    def test_sleeps_and_timers(self):
        self.assertEqual(len(faults(check.check_time, "src/store/a.cc", "std::this_thread::sleep_for(1s);")), 1)
        self.assertEqual(len(faults(check.check_time, "src/store/a.cc", "asio::steady_timer timer;")), 1)
        self.assertEqual(
            faults(check.check_time, "src/base/a.cc", "asio::steady_timer timer; co_await clock.sleep_for(1s);"), []
        )

    def test_coroutine_rules(self):
        rule = check.check_coroutines
        self.assertEqual(len(faults(rule, "src/net/a.cc", "try { f(); } catch (const E& e) { co_await g(); }")), 1)
        self.assertEqual(faults(rule, "src/net/a.cc", "try { co_await f(); } catch (const E& e) { g(); }"), [])
        self.assertEqual(len(faults(rule, "src/net/a.cc", "group.spawn([this]() -> Task<> { co_return; }());")), 1)
        self.assertEqual(faults(rule, "src/net/a.cc", "co_await [&]() -> Task<> { co_return; }();"), [])
        self.assertEqual(faults(rule, "src/net/a.cc", "group.spawn([]() -> Task<> { co_return; });"), [])
        self.assertEqual(len(faults(rule, "src/net/a.cc", "co_spawn(executor, f(), detached);")), 2)
        self.assertEqual(faults(rule, "src/net/a_test.cc", "co_spawn(executor, f(), detached);"), [])
        self.assertEqual(len(faults(rule, "src/net/a.cc", "auto found = own ? co_await find(name) : nullptr;")), 1)
        self.assertEqual(len(faults(rule, "src/net/a.cc", "auto found = own ? nullptr : co_await find(name);")), 1)
        self.assertEqual(faults(rule, "src/net/a.cc", "co_await put(Pieces(pieces.data(), is_last ? 1 : 2));"), [])
        self.assertEqual(faults(rule, "src/net/a.cc", "f(a ? b : c); co_await g();"), [])

    def test_rooms(self):
        links = {"net": {"base"}, "services": {"base", "store"}}

        def includes(path, text):
            return faults(check.check_includes, path, text, links, blank=False)

        self.assertEqual(includes("src/net/a.cc", '#include "base/a.h"\n#include "net/b.h"\n#include <vector>'), [])
        self.assertEqual(len(includes("src/net/a.cc", '#include "gateway/a.h"')), 2)
        self.assertEqual(len(includes("src/net/a.cc", '#include "store/a.h"')), 2)
        self.assertEqual(len(includes("src/services/sqs/a.cc", '#include "services/sns/b.h"')), 1)
        self.assertEqual(includes("src/services/sqs/a.cc", '#include "services/sqs/b.h"'), [])
        self.assertEqual(len(includes("src/net/a.cc", "#include <boost/asio.hpp>")), 1)

    def test_words(self):
        def words(text, path="src/net/a.cc"):
            return faults(check.check_words, path, text, blank=False)

        self.assertEqual(len(words("// TODO later")), 1)
        self.assertEqual(len(words("see /home/somebody/file")), 1)
        self.assertEqual(len(words("a \nb")), 1)
        self.assertEqual(words("the root of the tree, at_home, ./home/x, TODOS"), [])

    def test_headers(self):
        self.assertEqual(len(faults(check.check_header, "a.h", "#include <a>\n", blank=False)), 1)
        self.assertEqual(faults(check.check_header, "a.h", "#pragma once\n\n// What.\n" + "\n" * 30, blank=False), [])
        self.assertEqual(len(faults(check.check_header, "a.h", "#pragma once\n\nint a;\n" + "\n" * 30, blank=False)), 1)


if __name__ == "__main__":
    unittest.main()
