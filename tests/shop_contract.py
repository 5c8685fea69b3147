"""A shop in MySQL and its way to DynamoDB: schema, contracts, overrides and rows that the migration's tests share.

``DDL`` declares seven tables; ``CONTRACT`` maps them to three tables of DynamoDB, without a fault (``hashrange migrate
check`` finds no error, with the schema or without); ``OVERRIDES`` adds what no contract can say (depth and path of the
category tree); ``LEGACY`` and ``LEGACY_AS_SCHEMA`` say one and the same in the two formats; ``ROWS`` holds rows as a
MySQL driver gives them, in an order that respects the foreign keys. Tests that need a defect change a copy:
``changed(CONTRACT, "/tables/0/pk", "nobody")``.
"""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

DDL: Final = """\
CREATE TABLE customers (
    id            INT          NOT NULL AUTO_INCREMENT PRIMARY KEY,
    login         VARCHAR(40)  NOT NULL,
    email         VARCHAR(120) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    password_hash VARCHAR(255) NOT NULL,
    nickname      VARCHAR(60)  NULL,
    birthday      DATE         NULL,
    points        BIGINT       NOT NULL DEFAULT 0,
    is_merchant   BOOLEAN      NOT NULL DEFAULT FALSE,
    is_admin      BOOLEAN      NOT NULL DEFAULT FALSE,
    created_at    TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at    TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    UNIQUE KEY one_login (login),
    UNIQUE KEY one_email (email)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE categories (
    id         INT          NOT NULL AUTO_INCREMENT,
    slug       VARCHAR(60)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    name       VARCHAR(100) NOT NULL,
    parent_id  INT          NULL,
    created_at TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (id),
    UNIQUE KEY one_slug (slug),
    CONSTRAINT parent_of FOREIGN KEY (parent_id) REFERENCES categories (id) ON DELETE SET NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE tax_rates (
    country   CHAR(2)      NOT NULL,
    tax_class VARCHAR(10)  NOT NULL,
    rate      DECIMAL(5,3) NOT NULL,
    PRIMARY KEY (country, tax_class)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE products (
    id          INT           NOT NULL AUTO_INCREMENT PRIMARY KEY,
    sku         VARCHAR(32)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    merchant_id INT           NOT NULL,
    category_id INT           NOT NULL,
    name        VARCHAR(200)  NOT NULL,
    description TEXT          NULL,
    price       DECIMAL(10,2) NOT NULL,
    stock       INT           NOT NULL DEFAULT 0,
    weight_kg   DOUBLE        NULL,
    tags        SET('new', 'sale', 'organic') NOT NULL DEFAULT '',
    details     JSON          NULL,
    thumbnail   BLOB          NULL,
    released_on DATE          NULL,
    origin      CHAR(2)       NOT NULL,
    tax_class   VARCHAR(10)   NOT NULL,
    created_at  TIMESTAMP     NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at  TIMESTAMP     NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    UNIQUE KEY one_sku (sku),
    FOREIGN KEY (merchant_id) REFERENCES customers (id) ON DELETE CASCADE,
    FOREIGN KEY (category_id) REFERENCES categories (id) ON DELETE RESTRICT,
    FOREIGN KEY (origin, tax_class) REFERENCES tax_rates (country, tax_class)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE carts (
    id          INT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
    customer_id INT       NOT NULL,
    product_id  INT       NOT NULL,
    quantity    INT       NOT NULL DEFAULT 1,
    added_at    TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    UNIQUE KEY once_per_product (customer_id, product_id),
    FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE,
    FOREIGN KEY (product_id) REFERENCES products (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE orders (
    id          INT           NOT NULL AUTO_INCREMENT PRIMARY KEY,
    customer_id INT           NOT NULL,
    status      ENUM('pending', 'paid', 'shipped', 'cancelled') NOT NULL DEFAULT 'pending',
    total       DECIMAL(12,2) NOT NULL,
    is_gift     TINYINT(1)    NOT NULL DEFAULT 0,
    shipped_on  DATE          NULL,
    placed_at   TIMESTAMP     NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at  TIMESTAMP     NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE order_lines (
    order_id   INT           NOT NULL,
    line_no    INT           NOT NULL,
    product_id INT           NOT NULL,
    quantity   INT           NOT NULL,
    unit_price DECIMAL(10,2) NOT NULL,
    PRIMARY KEY (order_id, line_no),
    FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
    FOREIGN KEY (product_id) REFERENCES products (id) ON DELETE RESTRICT
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
"""

#: the names of the tables in an order in which rows can be inserted
TABLES: Final = ("customers", "categories", "tax_rates", "products", "carts", "orders", "order_lines")

CONTRACT: Final = """\
{
  "tables": [
    {
      "table": "Customers",
      "type": "multi-entity",
      "source_table": "customers",
      "pk": "PK",
      "sk": "SK",
      "gsis": [
        {"index_name": "ById", "pk": "GSI1PK", "projection": "ALL"},
        {"index_name": "ByLogin", "pk": "login", "sk": null, "projection": "ALL"},
        {"index_name": "ByStatus", "pk": "GSI2PK", "sk": "GSI2SK", "projection": "INCLUDE",
         "projected_attributes": ["order_id", "total"]}
      ],
      "entities": [
        {
          "entity_type": "CUSTOMER",
          "source_table": "customers",
          "pk_template": "{email}",
          "sk_template": "#PROFILE",
          "attributes": [
            {"name": "PK", "type": "S", "source_table": "customers", "source_column": "email"},
            {"name": "SK", "type": "S", "source_table": "customers", "source_column": "id",
             "transformation": {"type": "string-format", "format": "#PROFILE"}},
            {"name": "GSI1PK", "type": "S", "source_table": "customers", "source_column": "id",
             "transformation": {"type": "string-format", "format": "CUSTOMER#{id}"}},
            {"name": "customer_id", "type": "S", "source_table": "customers", "source_column": "id"},
            {"name": "login", "type": "S", "source_table": "customers", "source_column": "login"},
            {"name": "email", "type": "S", "source_table": "customers", "source_column": "email"},
            {"name": "password_hash", "type": "S", "source_table": "customers", "source_column": "password_hash"},
            {"name": "nickname", "type": "S", "source_table": "customers", "source_column": "nickname"},
            {"name": "birthday", "type": "S", "source_table": "customers", "source_column": "birthday"},
            {"name": "points", "type": "N", "source_table": "customers", "source_column": "points"},
            {"name": "is_merchant", "type": "BOOL", "source_table": "customers", "source_column": "is_merchant"},
            {"name": "is_admin", "type": "BOOL", "source_table": "customers", "source_column": "is_admin"},
            {"name": "order_count", "type": "N", "source_table": "customers", "source_column": "id",
             "calculation": {"type": "aggregate", "target_table": "orders",
                             "join_condition": "orders.customer_id = customers.id",
                             "operation": "COUNT", "select_column": "orders.id"},
             "denormalized": true, "justification": "Shown without counting"},
            {"name": "spent", "type": "N", "source_table": "customers", "source_column": "id",
             "calculation": {"type": "aggregate", "target_table": "orders",
                             "join_condition": "orders.customer_id = customers.id",
                             "operation": "SUM", "select_column": "orders.total"},
             "denormalized": true, "justification": "Shown without counting"},
            {"name": "created_at", "type": "S", "source_table": "customers", "source_column": "created_at"},
            {"name": "updated_at", "type": "S", "source_table": "customers", "source_column": "updated_at"}
          ]
        },
        {
          "entity_type": "CART",
          "source_table": "carts",
          "pk_template": "{email}",
          "sk_template": "CART#{product_id}",
          "attributes": [
            {"name": "PK", "type": "S", "source_table": "carts", "source_column": "customer_id",
             "join": {"type": "foreign-key", "target_table": "customers",
                      "join_condition": "customers.id = carts.customer_id", "select_column": "customers.email"},
             "denormalized": true, "justification": "A customer's carts are read with the customer"},
            {"name": "SK", "type": "S", "source_table": "carts", "source_column": "product_id",
             "transformation": {"type": "string-format", "format": "CART#{product_id}"}},
            {"name": "GSI1PK", "type": "S", "source_table": "carts", "source_column": "id",
             "transformation": {"type": "string-format", "format": "CART#{id}"}},
            {"name": "customer_id", "type": "S", "source_table": "carts", "source_column": "customer_id"},
            {"name": "product_id", "type": "S", "source_table": "carts", "source_column": "product_id"},
            {"name": "quantity", "type": "N", "source_table": "carts", "source_column": "quantity"},
            {"name": "product_name", "type": "S", "source_table": "carts", "source_column": "product_id",
             "join": {"type": "foreign-key", "target_table": "products",
                      "join_condition": "products.id = carts.product_id", "select_column": "products.name"},
             "denormalized": true, "justification": "A cart is shown without reading its products"},
            {"name": "line_total", "type": "N", "source_table": "carts", "source_column": "product_id",
             "join": {"type": "foreign-key", "target_table": "products",
                      "join_condition": "products.id = carts.product_id",
                      "select_column": "products.price * carts.quantity"},
             "denormalized": true, "justification": "A cart is shown without reading its products"},
            {"name": "category_name", "type": "S", "source_table": "carts", "source_column": "product_id",
             "join": {"type": "chain", "joins": [
               {"target_table": "products", "join_condition": "products.id = carts.product_id",
                "select_column": "products.name"},
               {"target_table": "categories", "join_condition": "categories.id = products.category_id",
                "select_column": "categories.name"}]},
             "denormalized": true, "justification": "A cart is shown grouped by category"},
            {"name": "label", "type": "S", "source_table": "carts", "source_column": "product_id",
             "join": {"type": "chain", "chain_separator": " in ", "joins": [
               {"target_table": "products", "join_condition": "products.id = carts.product_id",
                "select_column": "products.name"},
               {"target_table": "categories", "join_condition": "categories.id = products.category_id",
                "select_column": "categories.name"}]},
             "denormalized": true, "justification": "A line of a cart on a small screen"},
            {"name": "added_at", "type": "S", "source_table": "carts", "source_column": "added_at"}
          ]
        },
        {
          "entity_type": "ORDER",
          "source_table": "orders",
          "pk_template": "{email}",
          "sk_template": "ORDER#{placed_at}#{id}",
          "attributes": [
            {"name": "PK", "type": "S", "source_table": "orders", "source_column": "customer_id",
             "join": {"type": "foreign-key", "target_table": "customers",
                      "join_condition": "customers.id = orders.customer_id", "select_column": "customers.email"},
             "denormalized": true, "justification": "A customer's orders are read with the customer"},
            {"name": "SK", "type": "S", "source_table": "orders", "source_column": ["placed_at", "id"],
             "transformation": {"type": "string-format", "format": "ORDER#{placed_at}#{id}"}},
            {"name": "GSI1PK", "type": "S", "source_table": "orders", "source_column": "id",
             "transformation": {"type": "string-format", "format": "ORDER#{id}"}},
            {"name": "GSI2PK", "type": "S", "source_table": "orders", "source_column": "status"},
            {"name": "GSI2SK", "type": "S", "source_table": "orders", "source_column": "placed_at"},
            {"name": "order_id", "type": "N", "source_table": "orders", "source_column": "id"},
            {"name": "customer_id", "type": "S", "source_table": "orders", "source_column": "customer_id"},
            {"name": "status", "type": "S", "source_table": "orders", "source_column": "status"},
            {"name": "total", "type": "N", "source_table": "orders", "source_column": "total"},
            {"name": "is_gift", "type": "BOOL", "source_table": "orders", "source_column": "is_gift"},
            {"name": "shipped_on", "type": "S", "source_table": "orders", "source_column": "shipped_on"},
            {"name": "buyer", "type": "M", "source_table": "orders", "source_column": "customer_id",
             "join": {"type": "json-construction", "target_table": "customers",
                      "join_condition": "customers.id = orders.customer_id",
                      "construction": {"type": "object", "select_columns": {
                        "login": "customers.login", "nickname": "customers.nickname"}}},
             "denormalized": true, "justification": "A list of orders shows who bought"},
            {"name": "lines", "type": "L", "source_table": "orders", "source_column": "id",
             "join": {"type": "json-construction", "target_table": "order_lines",
                      "join_condition": "order_lines.order_id = orders.id",
                      "construction": {"type": "array", "limit": 1000, "order_by": "order_lines.line_no ASC",
                        "select_columns": {
                          "line_no": "order_lines.line_no", "product_id": "order_lines.product_id",
                          "quantity": "order_lines.quantity", "unit_price": "order_lines.unit_price",
                          "amount": "order_lines.quantity * order_lines.unit_price"}}},
             "denormalized": true, "justification": "An order is read with its lines"},
            {"name": "preview", "type": "S", "source_table": "orders", "source_column": "id",
             "join": {"type": "json-construction", "target_table": "order_lines",
                      "join_condition": "order_lines.order_id = orders.id",
                      "construction": {"type": "array", "limit": 2, "order_by": "order_lines.unit_price DESC",
                        "select_columns": {"product_id": "order_lines.product_id",
                                           "unit_price": "order_lines.unit_price"}}},
             "denormalized": true, "justification": "A list of orders shows the two dearest lines"},
            {"name": "line_count", "type": "N", "source_table": "orders", "source_column": "id",
             "calculation": {"type": "aggregate", "target_table": "order_lines",
                             "join_condition": "order_lines.order_id = orders.id",
                             "operation": "COUNT", "select_column": "order_lines.line_no"},
             "denormalized": true, "justification": "Shown without counting"},
            {"name": "placed_at", "type": "S", "source_table": "orders", "source_column": "placed_at"},
            {"name": "updated_at", "type": "S", "source_table": "orders", "source_column": "updated_at"}
          ]
        }
      ],
      "attributes": [],
      "satisfies": ["AP1", "AP2", "AP3", "AP4", "AP5"],
      "estimated_item_size_bytes": 600
    },
    {
      "table": "Products",
      "type": "single-entity",
      "source_table": "products",
      "pk": "PK",
      "sk": "SK",
      "gsis": [
        {"index_name": "ByCategory", "pk": "GSI1PK", "sk": "GSI1SK", "projection": "ALL"},
        {"index_name": "ByMerchant", "pk": "merchant_id", "sk": "created_at", "projection": "ALL"},
        {"index_name": "BySku", "pk": "sku", "sk": null, "projection": "KEYS_ONLY"}
      ],
      "attributes": [
        {"name": "PK", "type": "S", "source_table": "products", "source_column": "id"},
        {"name": "SK", "type": "S", "source_table": "products", "source_column": "id",
         "transformation": {"type": "string-format", "format": "#META"}},
        {"name": "sku", "type": "S", "source_table": "products", "source_column": "sku"},
        {"name": "merchant_id", "type": "S", "source_table": "products", "source_column": "merchant_id"},
        {"name": "merchant_login", "type": "S", "source_table": "products", "source_column": "merchant_id",
         "join": {"type": "lookup-table", "target_table": "customers",
                  "join_condition": "customers.id = products.merchant_id", "select_column": "customers.login"},
         "denormalized": true, "justification": "A product's page names its merchant"},
        {"name": "category_id", "type": "S", "source_table": "products", "source_column": "category_id"},
        {"name": "category_name", "type": "S", "source_table": "products", "source_column": "category_id",
         "join": {"type": "foreign-key", "target_table": "categories",
                  "join_condition": "categories.id = products.category_id", "select_column": "categories.name"},
         "denormalized": true, "justification": "A product's page names its category"},
        {"name": "tax_rate", "type": "N", "source_table": "products", "source_column": ["origin", "tax_class"],
         "join": {"type": "multi-column", "target_table": "tax_rates",
                  "join_conditions": ["tax_rates.country = products.origin",
                                      "tax_rates.tax_class = products.tax_class"],
                  "select_column": "tax_rates.rate"},
         "denormalized": true, "justification": "A price is shown with its tax"},
        {"name": "origin", "type": "S", "source_table": "products", "source_column": "origin"},
        {"name": "tax_class", "type": "S", "source_table": "products", "source_column": "tax_class"},
        {"name": "name", "type": "S", "source_table": "products", "source_column": "name"},
        {"name": "listing", "type": "S", "source_table": "products", "source_column": ["sku", "name"],
         "transformation": {"type": "string-format", "format": "{sku}: {name}"}},
        {"name": "description", "type": "S", "source_table": "products", "source_column": "description"},
        {"name": "price", "type": "N", "source_table": "products", "source_column": "price"},
        {"name": "price_label", "type": "S", "source_table": "products", "source_column": "price",
         "transformation": {"type": "number-format", "format": "0.00"}},
        {"name": "stock", "type": "N", "source_table": "products", "source_column": "stock"},
        {"name": "availability", "type": "S", "source_table": "products", "source_column": "stock",
         "calculation": {"type": "case",
                         "cases": [{"when": "products.stock = 0", "then": "'sold out'"},
                                   {"when": "products.stock < 5", "then": "'few left'"}],
                         "else": "'in stock'"}},
        {"name": "weight_kg", "type": "N", "source_table": "products", "source_column": "weight_kg"},
        {"name": "tags", "type": "SS", "source_table": "products", "source_column": "tags"},
        {"name": "details", "type": "M", "source_table": "products", "source_column": "details",
         "transformation": {"type": "json-parse"}},
        {"name": "thumbnail", "type": "B", "source_table": "products", "source_column": "thumbnail"},
        {"name": "released_on", "type": "S", "source_table": "products", "source_column": "released_on"},
        {"name": "released", "type": "S", "source_table": "products", "source_column": "released_on",
         "transformation": {"type": "date-format", "format": "DD.MM.YYYY"}},
        {"name": "created_at", "type": "S", "source_table": "products", "source_column": "created_at"},
        {"name": "updated_at", "type": "S", "source_table": "products", "source_column": "updated_at"},
        {"name": "GSI1PK", "type": "S", "source_table": "products", "source_column": "category_id"},
        {"name": "GSI1SK", "type": "S", "source_table": "products", "source_column": "name"}
      ],
      "satisfies": ["AP6", "AP7", "AP8"],
      "estimated_item_size_bytes": 900
    },
    {
      "table": "Categories",
      "type": "single-entity",
      "source_table": "categories",
      "pk": "PK",
      "sk": "SK",
      "gsis": [
        {"index_name": "ByCategoryId", "pk": "category_id", "projection": "ALL"}
      ],
      "attributes": [
        {"name": "PK", "type": "S", "source_table": "categories", "source_column": "parent_id",
         "join": {"type": "conditional", "target_table": "categories", "join_alias": "parent",
                  "condition": "categories.parent_id IS NULL", "join_condition": "parent.id = categories.parent_id",
                  "select_column": "'ROOT'", "else_value": "parent.slug"},
         "denormalized": true, "justification": "The children of a category are read together"},
        {"name": "SK", "type": "S", "source_table": "categories", "source_column": "slug"},
        {"name": "category_id", "type": "N", "source_table": "categories", "source_column": "id"},
        {"name": "parent_id", "type": "N", "source_table": "categories", "source_column": "parent_id"},
        {"name": "parent_name", "type": "S", "source_table": "categories", "source_column": "parent_id",
         "join": {"type": "self-join", "join_alias": "parent", "join_condition": "parent.id = categories.parent_id",
                  "select_column": "parent.name", "null_value": "(none)"},
         "denormalized": true, "justification": "A category is shown with its parent"},
        {"name": "name", "type": "S", "source_table": "categories", "source_column": "name"},
        {"name": "level", "type": "N", "source_table": "categories", "source_column": "parent_id"},
        {"name": "trail", "type": "S", "source_table": "categories", "source_column": "name"},
        {"name": "children_count", "type": "N", "source_table": "categories", "source_column": "id",
         "calculation": {"type": "aggregate", "target_table": "categories", "join_alias": "child",
                         "join_condition": "child.parent_id = categories.id",
                         "operation": "COUNT", "select_column": "child.id"},
             "denormalized": true, "justification": "Shown without counting"},
        {"name": "product_count", "type": "N", "source_table": "categories", "source_column": "id",
         "calculation": {"type": "aggregate", "target_table": "products",
                         "join_condition": "products.category_id = categories.id",
                         "operation": "COUNT", "select_column": "products.id"},
             "denormalized": true, "justification": "Shown without counting"},
        {"name": "created_at", "type": "S", "source_table": "categories", "source_column": "created_at"}
      ],
      "satisfies": ["AP9", "AP10"],
      "estimated_item_size_bytes": 300
    }
  ]
}
"""

#: what no contract can say: the depth of a category, and the names on the way to it
OVERRIDES: Final = """\
{
  "Categories": {
    "level": {"hook": "recursive-depth", "parent": "parent_id"},
    "trail": {"hook": "recursive-path", "parent": "parent_id", "name": "name", "separator": " > ",
              "includes_self": true}
  }
}
"""

#: access patterns: which table or index serves them, by which source columns or attributes
PATTERNS: Final = """\
{
  "AP1": {"table": "Customers", "by": ["email"]},
  "AP2": {"table": "Customers", "index": "ByLogin", "by": ["login"]},
  "AP3": {"table": "Customers", "by": ["email"], "description": "orders of a customer, newest first"},
  "AP4": {"table": "Customers", "index": "ById", "by": ["GSI1PK"]},
  "AP5": {"table": "Customers", "index": "ByStatus", "by": ["status", "placed_at"]},
  "AP6": {"table": "Products", "by": ["id"]},
  "AP7": {"table": "Products", "index": "ByCategory", "by": ["category_id"]},
  "AP8": {"table": "Products", "index": "BySku", "by": ["sku"]},
  "AP9": {"table": "Categories", "by": ["PK"]},
  "AP10": {"table": "Categories", "index": "ByCategoryId", "by": ["category_id"]}
}
"""

#: in the older format, which has neither entities nor calculations
LEGACY: Final = """\
[
  {
    "table": "Products",
    "type": "Table",
    "source_table": "products",
    "pk": "product_id",
    "sk": null,
    "gsis": [{"name": "ByCategory", "pk": "category_id", "sk": "name"}],
    "attributes": {
      "product_id": {"type": "N", "source_table": "products", "source_column": "id", "denormalized": false},
      "name": {"type": "S", "source_table": "products", "source_column": "name", "denormalized": false},
      "price": {"type": "N", "source_table": "products", "source_column": "price", "denormalized": false},
      "category_id": {"type": "N", "source_table": "products", "source_column": "category_id", "denormalized": false},
      "category_name": {"type": "S", "source_table": "categories", "source_column": "name", "denormalized": true,
                        "justification": "A product's page names its category",
                        "join": {"local_column": "category_id", "source_column": "id"}}
    },
    "satisfies": ["AP6", "AP7"],
    "estimated_item_size_bytes": 200
  },
  {
    "table": "Orders",
    "type": "Table",
    "source_table": "orders",
    "pk": "customer_id",
    "sk": "order_id",
    "attributes": {
      "customer_id": {"type": "N", "source_table": "orders", "source_column": "customer_id", "denormalized": false},
      "order_id": {"type": "N", "source_table": "orders", "source_column": "id", "denormalized": false},
      "customer_login": {"type": "S", "source_table": "customers", "source_column": "login", "denormalized": true,
                         "justification": "A list of orders shows who bought",
                         "join": {"local_column": "customer_id", "source_column": "id"}}
    },
    "satisfies": ["AP3"],
    "estimated_item_size_bytes": 150
  }
]
"""

#: the same as LEGACY
LEGACY_AS_SCHEMA: Final = """\
{
  "tables": [
    {
      "table": "Products",
      "type": "single-entity",
      "source_table": "products",
      "pk": "product_id",
      "sk": null,
      "gsis": [{"index_name": "ByCategory", "pk": "category_id", "sk": "name", "projection": "ALL"}],
      "attributes": [
        {"name": "product_id", "type": "N", "source_table": "products", "source_column": "id"},
        {"name": "name", "type": "S", "source_table": "products", "source_column": "name"},
        {"name": "price", "type": "N", "source_table": "products", "source_column": "price"},
        {"name": "category_id", "type": "N", "source_table": "products", "source_column": "category_id"},
        {"name": "category_name", "type": "S", "source_table": "products", "source_column": "category_id",
         "join": {"type": "foreign-key", "target_table": "categories",
                  "join_condition": "categories.id = products.category_id", "select_column": "categories.name"},
         "denormalized": true, "justification": "A product's page names its category"}
      ],
      "satisfies": ["AP6", "AP7"],
      "estimated_item_size_bytes": 200
    },
    {
      "table": "Orders",
      "type": "single-entity",
      "source_table": "orders",
      "pk": "customer_id",
      "sk": "order_id",
      "attributes": [
        {"name": "customer_id", "type": "N", "source_table": "orders", "source_column": "customer_id"},
        {"name": "order_id", "type": "N", "source_table": "orders", "source_column": "id"},
        {"name": "customer_login", "type": "S", "source_table": "orders", "source_column": "customer_id",
         "join": {"type": "foreign-key", "target_table": "customers",
                  "join_condition": "customers.id = orders.customer_id", "select_column": "customers.login"},
         "denormalized": true, "justification": "A list of orders shows who bought"}
      ],
      "satisfies": ["AP3"],
      "estimated_item_size_bytes": 150
    }
  ]
}
"""

_PLACED = datetime(2026, 3, 5, 14, 30, 1)
_LATER = datetime(2026, 3, 6, 8, 0)

#: rows by table, as a MySQL driver gives them: BOOLEAN as 0 or 1, TIMESTAMP without a zone (it is UTC), SET and JSON as
#: text; ids have gaps, a cart is of a product that another customer sells, one order has no lines
ROWS: Final[dict[str, list[dict[str, Any]]]] = {
    "customers": [
        {
            "id": 3, "login": "ada", "email": "ada@example.com", "password_hash": "scrypt:3", "nickname": "Ada L.",
            "birthday": date(1985, 12, 10), "points": 120, "is_merchant": 0, "is_admin": 0,
            "created_at": _PLACED, "updated_at": _LATER,
        },
        {
            "id": 4, "login": "Müller", "email": "mueller@example.com", "password_hash": "scrypt:4", "nickname": None,
            "birthday": None, "points": 0, "is_merchant": 1, "is_admin": 1,
            "created_at": _PLACED, "updated_at": _PLACED,
        },
    ],
    "categories": [
        {"id": 1, "slug": "electronics", "name": "Electronics", "parent_id": None, "created_at": _PLACED},
        {"id": 2, "slug": "garden", "name": "Garden", "parent_id": None, "created_at": _PLACED},
        {"id": 7, "slug": "computers", "name": "Computers", "parent_id": 1, "created_at": _PLACED},
        {"id": 9, "slug": "laptops", "name": "Laptops", "parent_id": 7, "created_at": _LATER},
    ],
    "tax_rates": [
        {"country": "DE", "tax_class": "normal", "rate": Decimal("0.190")},
        {"country": "DE", "tax_class": "reduced", "rate": Decimal("0.070")},
        {"country": "FR", "tax_class": "normal", "rate": Decimal("0.200")},
    ],
    "products": [
        {
            "id": 1, "sku": "LAP-13", "merchant_id": 4, "category_id": 9, "name": "Laptop 13", "description": None,
            "price": Decimal("1999.99"), "stock": 3, "weight_kg": 1.25, "tags": "new,sale",
            "details": '{"ports": ["USB-C", "HDMI"], "screen": {"inches": 13.3}}', "thumbnail": b"\x89PNG\x00",
            "released_on": date(2026, 1, 15), "origin": "DE", "tax_class": "normal",
            "created_at": _PLACED, "updated_at": _LATER,
        },
        {
            "id": 12, "sku": "SEED-1", "merchant_id": 4, "category_id": 2, "name": "Seeds: \"Sunflower\" №1",
            "description": "A bag of seeds.", "price": Decimal("0.50"), "stock": 0, "weight_kg": None, "tags": "",
            "details": None, "thumbnail": None, "released_on": None, "origin": "FR", "tax_class": "normal",
            "created_at": _LATER, "updated_at": _LATER,
        },
        {
            "id": 13, "sku": "HOSE", "merchant_id": 4, "category_id": 2, "name": "Hose", "description": "",
            "price": Decimal("25.00"), "stock": 40, "weight_kg": 3.0, "tags": "organic", "details": "{}",
            "thumbnail": None, "released_on": date(2020, 2, 29), "origin": "DE", "tax_class": "reduced",
            "created_at": _LATER, "updated_at": _LATER,
        },
    ],
    "carts": [
        {"id": 9, "customer_id": 3, "product_id": 1, "quantity": 2, "added_at": _LATER},
        {"id": 10, "customer_id": 3, "product_id": 12, "quantity": 30, "added_at": _LATER},
    ],
    "orders": [
        {
            "id": 5, "customer_id": 3, "status": "paid", "total": Decimal("2024.99"), "is_gift": 0,
            "shipped_on": None, "placed_at": _PLACED, "updated_at": _LATER,
        },
        {
            "id": 6, "customer_id": 3, "status": "pending", "total": Decimal("0.00"), "is_gift": 1,
            "shipped_on": None, "placed_at": _LATER, "updated_at": _LATER,
        },
        {
            "id": 8, "customer_id": 4, "status": "shipped", "total": Decimal("1.00"), "is_gift": 0,
            "shipped_on": date(2026, 3, 7), "placed_at": _LATER, "updated_at": _LATER,
        },
    ],
    "order_lines": [
        {"order_id": 5, "line_no": 1, "product_id": 1, "quantity": 1, "unit_price": Decimal("1999.99")},
        {"order_id": 5, "line_no": 2, "product_id": 13, "quantity": 1, "unit_price": Decimal("25.00")},
        {"order_id": 8, "line_no": 1, "product_id": 12, "quantity": 2, "unit_price": Decimal("0.50")},
    ],
}  # fmt: skip

#: of ``changed``: take the member away
ABSENT: Final = object()


def changed(contract: str, pointer: str, value: Any) -> str:
    """A contract's text with one value replaced or, by ``ABSENT``, taken away.

    Args:
        contract: its text.
        pointer: JSON pointer of the value; "-" as its last part appends to an array.
        value: of JSON's kinds.
    """
    document = deepcopy(json.loads(contract))
    *way, last = pointer.split("/")[1:]
    place = document
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if isinstance(place, list):
        if last == "-":
            place.append(value)
        elif value is ABSENT:
            del place[int(last)]
        else:
            place[int(last)] = value
    elif value is ABSENT:
        del place[last]
    else:
        place[last] = value
    return json.dumps(document, indent=2, ensure_ascii=False)
