import unittest
from types import SimpleNamespace

import plugin
from wit_world.exports import flow


def looked_up(*captured):
    context = SimpleNamespace(captured=[SimpleNamespace(name=name, value=value) for name, value in captured])
    return plugin.Flow().next(context, flow.Operation.LOOKUP, 0, "", None).action.value


class PluginTest(unittest.TestCase):
    def test_the_account_is_known_by_its_data_centre(self):
        self.assertEqual(looked_up(("api-domain", "https://www.zohoapis.eu")).account_label, "Europe")

    def test_an_unknown_data_centre_is_no_account(self):
        self.assertIsNone(looked_up(("api-domain", "https://elsewhere.example")).account_label)
        self.assertIsNone(looked_up().account_label)

    def test_every_data_centre_can_be_chosen_and_reached(self):
        (centre,) = plugin.Inputs().inputs()
        hosts = plugin.Identity().describe().hosts

        for choice in centre.choices:
            self.assertIn(f"accounts.zoho.{choice.name}", hosts)


if __name__ == "__main__":
    unittest.main()
