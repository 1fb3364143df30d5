import unittest

import plugin
from wit_world.exports import refresh


class PluginTest(unittest.TestCase):
    def test_it_serves_its_own_server(self):
        (rule,) = plugin.Matching().rules()

        self.assertEqual(plugin.Identity().describe().id, "acme")
        self.assertEqual(rule.conditions[0].value, "mcp.acme.example")

    def test_a_refresh_token_is_used_once(self):
        self.assertEqual(plugin.Refresh().profile().rotation, refresh.Rotation.FAMILY_REVOKING)


if __name__ == "__main__":
    unittest.main()
