import unittest

from shop import api


class ApiTest(unittest.TestCase):
    def test_every_product_has_a_price(self):
        self.assertTrue(all(product["price"] > 0 for product in api.products()))

    def test_an_order_is_answered_with_its_total(self):
        self.assertEqual(api.order([{"product": "pen", "count": 10}]), {"total": 13.09})

    def test_an_unknown_product_is_named(self):
        self.assertEqual(api.order([{"product": "car", "count": 1}]), {"error": "unknown product: car"})
