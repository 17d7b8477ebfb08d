"""The shop's answers, as a web framework would send them."""

from dataclasses import asdict

from shop.catalogue import PRODUCTS, UnknownProductError
from shop.payments import total


def products():
    return [asdict(product) for product in PRODUCTS.values()]


def order(items):
    try:
        return {"total": total(items)}
    except UnknownProductError as error:
        return {"error": f"unknown product: {error}"}
