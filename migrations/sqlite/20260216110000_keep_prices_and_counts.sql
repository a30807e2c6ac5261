-- migrate:up
ALTER TABLE users ADD COLUMN order_count INTEGER NOT NULL DEFAULT 0;

UPDATE users SET order_count = (SELECT count(*) FROM orders WHERE orders.user_id = users.id);

-- What an article cost when it was ordered; its price may change later.
ALTER TABLE order_items ADD COLUMN unit_price DECIMAL(10, 2);

UPDATE order_items SET unit_price = (SELECT price FROM products WHERE products.id = order_items.product_id);

CREATE TRIGGER order_items_keep_price AFTER INSERT ON order_items
WHEN NEW.unit_price IS NULL
BEGIN
    UPDATE order_items
    SET unit_price = (SELECT price FROM products WHERE products.id = NEW.product_id)
    WHERE id = NEW.id;
END;

CREATE VIEW order_totals AS
SELECT orders.id AS order_id, orders.user_id, orders.status, sum(order_items.qty * order_items.unit_price) AS total
FROM orders
JOIN order_items ON order_items.order_id = orders.id
GROUP BY orders.id, orders.user_id, orders.status;

-- migrate:down
DROP VIEW order_totals;
DROP TRIGGER order_items_keep_price;
ALTER TABLE order_items DROP COLUMN unit_price;
ALTER TABLE users DROP COLUMN order_count;
