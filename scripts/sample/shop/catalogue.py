"""What the shop sells."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Product:
    id: str
    name: str
    price: float


class UnknownProductError(Exception):
    pass


PRODUCTS = {
    product.id: product
    for product in (
        Product("mug", "Mug", 7.5),
        Product("pen", "Pen", 1.1),
        Product("pad", "Notepad", 3.35),
    )
}


def find(product_id):
    try:
        return PRODUCTS[product_id]
    except KeyError:
        raise UnknownProductError(product_id) from None
