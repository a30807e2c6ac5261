-- migrate:up
INSERT INTO settings (name, data) VALUES
    ('site', '{"title": "The Freight Yard", "theme": "light"}'),
    ('shop', '{"currency": "EUR", "low_stock": 5}');

-- migrate:down
DELETE FROM settings WHERE name IN ('site', 'shop');
