"""What an order costs."""

from shop.catalogue import find

TAX_RATE = 0.19


def net(items):
    return sum(find(item["product"]).price * item["count"] for item in items)


def tax(amount):
    return round(amount * TAX_RATE, 2)


def total(items):
    amount = net(items)
    return round(amount + tax(amount), 2)
