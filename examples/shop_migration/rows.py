"""The shop's rows: made up by number, so that they are the same each time, and as many orders as wanted.

Values are as MySQL and SQLite both take them: times and decimals as text, in UTC. Must not know databases.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final, TypeAlias
from unicodedata import normalize

Row: TypeAlias = dict[str, Any]

BEGIN: Final = datetime(2024, 1, 1)
_SECONDS_BETWEEN_ORDERS: Final = 97
FIRST_NAMES: Final = ("Ada", "Béla", "Chloé", "Dmitri", "Emmy", "Farida", "Grace", "Hedy", "Ito", "Jürgen")
LAST_NAMES: Final = ("Arendt", "Bartók", "Curie", "Dijkstra", "Euler", "Franklin", "Gauss", "Hopper", "Ibsen", "Joyce")
#: slug, name, parent
CATEGORIES: Final = (
    ("home", "Home", None), ("food", "Food & drink", None), ("toys", "Toys", None),
    ("kitchen", "Kitchen", 1), ("garden", "Garden", 1), ("tea", "Tea", 2), ("coffee", "Coffee", 2),
    ("puzzles", "Puzzles", 3), ("kites", "Kites", 3), ("green-tea", "Green tea", 6), ("black-tea", "Black tea", 6),
    ("tea-pots", "Tea pots", 4), ("tools", "Garden tools", 5),
)  # fmt: skip
TABLES: Final = ("customers", "categories", "products", "orders", "order_lines")


class Shop:
    """A shop of a size.

    Args:
        orders: how many. There is a customer for ten of them, and a product for ten, too.
    """

    def __init__(self, orders: int) -> None:
        self.orders = orders
        self.customers = max(10, orders // 10)
        self.products = max(20, orders // 10)

    def rows(self, table: str) -> Iterator[Row]:
        """All rows of a table, in the order of their keys."""
        made = {
            "customers": self._customers, "categories": _categories, "products": self._products,
            "orders": self._orders, "order_lines": self._order_lines,
        }  # fmt: skip
        return made[table]()

    def email(self, customer: int) -> str:
        first, last = _name(customer)
        return f"{_ascii(first)}.{_ascii(last)}.{customer}@shop.example".lower()

    def customer_of(self, order: int) -> int:
        """Some buy much more than others."""
        return 1 + int(self.customers * Random(order).random() ** 2)

    def _customers(self) -> Iterator[Row]:
        for number in range(1, self.customers + 1):
            born = f"{1950 + number % 50}-{1 + number % 12:02d}-{1 + number % 28:02d}"
            yield {
                "id": number,
                "email": self.email(number),
                "name": " ".join(_name(number)),
                "password_hash": f"pbkdf2${number:032x}",
                "points": number % 1_000,
                "is_merchant": int(number % 50 == 0),
                "birthday": born if number % 3 else None,  # not everybody tells
                "created_at": text(BEGIN + timedelta(minutes=number)),
            }

    def _products(self) -> Iterator[Row]:
        for number in range(1, self.products + 1):
            yield {
                "id": number,
                "sku": f"SKU-{number:06d}",
                "category_id": 4 + number % (len(CATEGORIES) - 3),
                "name": f"Product No. {number}",
                "price": self._price(number),
                "stock": number % 40,
                "tags": ("", "new", "new,sale", "organic")[number % 4],
                "updated_at": text(BEGIN + timedelta(minutes=number)),
            }

    def _price(self, product: int) -> str:
        return f"{1 + product % 500}.{product % 100:02d}"

    def _orders(self) -> Iterator[Row]:
        for number in range(1, self.orders + 1):
            placed = text(BEGIN + timedelta(seconds=number * _SECONDS_BETWEEN_ORDERS))
            cents = sum(line["quantity"] * _cents(line["unit_price"]) for line in self._lines(number))
            yield {
                "id": number,
                "customer_id": self.customer_of(number),
                "status": ("shipped", "paid", "pending", "cancelled")[(number % 10) // 3],
                "total": f"{cents // 100}.{cents % 100:02d}",
                "placed_at": placed,
                "updated_at": placed,
            }

    def _order_lines(self) -> Iterator[Row]:
        for number in range(1, self.orders + 1):
            yield from self._lines(number)

    def _lines(self, order: int) -> Iterator[Row]:
        for line in range(1, 2 + order % 3):
            product = 1 + (order * 7 + line * 13) % self.products
            yield {
                "order_id": order,
                "line_no": line,
                "product_id": product,
                "quantity": 1 + (order + line) % 4,
                "unit_price": self._price(product),
            }


def text(moment: datetime) -> str:
    """A time as MySQL writes one."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _categories() -> Iterator[Row]:
    for number, (slug, name, parent) in enumerate(CATEGORIES, 1):
        yield {"id": number, "slug": slug, "name": name, "parent_id": parent}


def _name(customer: int) -> tuple[str, str]:
    return FIRST_NAMES[customer % 10], LAST_NAMES[customer // 10 % 10]


def _ascii(name: str) -> str:
    return normalize("NFKD", name).encode("ascii", "ignore").decode()


def _cents(price: str) -> int:
    whole, _, part = price.partition(".")
    return int(whole) * 100 + int(part)
