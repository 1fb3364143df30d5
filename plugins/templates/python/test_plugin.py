import unittest

import plugin
# [fresh]
from wit_world.exports import refresh
# [/fresh]


class PluginTest(unittest.TestCase):
    # [fresh]
    def test_it_serves_its_own_server(self):
        (rule,) = plugin.Matching().rules()

        self.assertEqual(plugin.Identity().describe().id, "acme")
        self.assertEqual(rule.conditions[0].value, "mcp.acme.example")

    def test_a_refresh_token_is_used_once(self):
        self.assertEqual(plugin.Refresh().profile().rotation, refresh.Rotation.SINGLE_USE)
    # [/fresh]

    # [started]
    def test_it_has_a_name_of_its_own_and_servers_to_serve(self):
        self.assertEqual(plugin.Identity().describe().id, "acme")
        self.assertTrue(plugin.Matching().rules())
    # [/started]


if __name__ == "__main__":
    unittest.main()
