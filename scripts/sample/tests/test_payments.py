import unittest

from shop.payments import tax, total


class PaymentsTest(unittest.TestCase):
    def test_tax_is_a_share_of_the_amount(self):
        self.assertEqual(tax(100), 19)

    def test_a_total_includes_tax(self):
        self.assertEqual(total([{"product": "mug", "count": 2}]), 17.85)

    def test_nothing_costs_nothing(self):
        self.assertEqual(total([]), 0)
