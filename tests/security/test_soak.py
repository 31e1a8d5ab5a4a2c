"""A short soak; ./dev soak runs it for as long as asked."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from harness import Server
from soak import soak


class SoakTest(unittest.TestCase):
    def test_nothing_leaks(self):
        server = Server(ephemeral=False)
        self.addCleanup(server.remove)
        server.start()
        faults, counts, before, after = soak(server, 20)
        self.assertEqual(faults, [], (counts, before, after, server.log()[-2000:]))
        self.assertGreater(counts["ok"], 0)
        self.assertEqual(server.stop(), 0)
        self.assertEqual(server.leftovers(), [])
