-- The shop as MySQL has it. "hashrange migrate" reads this file with --ddl: the output of "mysqldump --no-data" does as well.

CREATE TABLE customers (
    id            INT          NOT NULL AUTO_INCREMENT PRIMARY KEY,
    -- the key in DynamoDB, so upper and lower case must differ here as they do there: COLLATE utf8mb4_bin
    email         VARCHAR(120) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    name          VARCHAR(100) NOT NULL,
    password_hash VARCHAR(255) NOT NULL,
    points        INT          NOT NULL DEFAULT 0,
    is_merchant   BOOLEAN      NOT NULL DEFAULT FALSE,
    birthday      DATE         NULL,
    created_at    TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP,
    UNIQUE KEY one_email (email)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE categories (
    id        INT          NOT NULL AUTO_INCREMENT PRIMARY KEY,
    slug      VARCHAR(60)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    name      VARCHAR(100) NOT NULL,
    parent_id INT          NULL,
    UNIQUE KEY one_slug (slug),
    FOREIGN KEY (parent_id) REFERENCES categories (id) ON DELETE RESTRICT
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE products (
    id          INT           NOT NULL AUTO_INCREMENT PRIMARY KEY,
    sku         VARCHAR(32)   CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    category_id INT           NOT NULL,
    name        VARCHAR(200)  NOT NULL,
    price       DECIMAL(10,2) NOT NULL,
    stock       INT           NOT NULL DEFAULT 0,
    tags        SET('new', 'sale', 'organic') NOT NULL DEFAULT '',
    updated_at  TIMESTAMP     NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    UNIQUE KEY one_sku (sku),
    FOREIGN KEY (category_id) REFERENCES categories (id) ON DELETE RESTRICT
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE orders (
    id          INT           NOT NULL AUTO_INCREMENT PRIMARY KEY,
    customer_id INT           NOT NULL,
    status      ENUM('pending', 'paid', 'shipped', 'cancelled') NOT NULL DEFAULT 'pending',
    total       DECIMAL(12,2) NOT NULL,
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
