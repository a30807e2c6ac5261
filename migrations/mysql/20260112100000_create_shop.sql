-- migrate:up
CREATE TABLE products (
    id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name       VARCHAR(200) NOT NULL,
    price      DECIMAL(10, 2) NOT NULL,
    stock      BIGINT NOT NULL DEFAULT 0,
    created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    CONSTRAINT products_price_check CHECK (price >= 0),
    CONSTRAINT products_stock_check CHECK (stock >= 0)
) DEFAULT CHARSET = utf8mb4;

CREATE TABLE orders (
    id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    user_id    BIGINT NOT NULL,
    total      DECIMAL(12, 2) NOT NULL DEFAULT 0,
    status     VARCHAR(255) NOT NULL DEFAULT 'open',
    created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    INDEX orders_user_id_idx (user_id),
    CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT orders_total_check CHECK (total >= 0),
    CONSTRAINT orders_status_check CHECK (status IN ('open', 'paid', 'shipped', 'cancelled'))
) DEFAULT CHARSET = utf8mb4;

CREATE TABLE order_items (
    id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    order_id   BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    qty        BIGINT NOT NULL DEFAULT 1,
    INDEX order_items_product_id_idx (product_id),
    CONSTRAINT order_items_order_id_product_id_key UNIQUE (order_id, product_id),
    CONSTRAINT order_items_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
    CONSTRAINT order_items_product_id_fkey FOREIGN KEY (product_id) REFERENCES products (id),
    CONSTRAINT order_items_qty_check CHECK (qty > 0)
) DEFAULT CHARSET = utf8mb4;

-- migrate:down
DROP TABLE order_items;
DROP TABLE orders;
DROP TABLE products;
