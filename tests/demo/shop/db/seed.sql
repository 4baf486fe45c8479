-- Some life for the plan estimates: 2,000 customers and 40,000 orders, three in a hundred of them pending.
INSERT INTO categories (slug, title)
SELECT 'category-' || n, 'Category ' || n FROM generate_series(1, 20) n;

INSERT INTO products (category_id, sku, title, price_cents)
SELECT c.id, 'SKU-' || c.id || '-' || n, 'Product ' || n, 100 + (n * 37) % 9900
FROM categories c, generate_series(1, 25) n;

INSERT INTO customers (email, name, created_at)
SELECT 'customer' || n || '@example.com', 'Customer ' || n, timestamptz '2024-01-01' + n * interval '6 hours'
FROM generate_series(1, 2000) n;

INSERT INTO orders (customer_id, status, total_cents, created_at)
SELECT 1 + (n * 7919) % 2000,
       CASE WHEN n % 100 < 3 THEN 'pending' WHEN n % 100 < 10 THEN 'cancelled' ELSE 'delivered' END::order_status,
       500 + (n * 131) % 40000,
       timestamptz '2024-06-01' + n * interval '20 minutes'
FROM generate_series(1, 40000) n;

INSERT INTO order_items (order_id, line, product_id, quantity, unit_price_cents)
SELECT o.id, line, 1 + (o.id * 31 + line) % 500, 1 + line % 3, 100 + (o.id * 37) % 9900
FROM orders o, generate_series(1, 2) line;

INSERT INTO payments (order_id, method, amount_cents, reference, received_at)
SELECT id, 'card', total_cents, 'ref-' || id, created_at + interval '5 minutes'
FROM orders
WHERE status = 'delivered';

ANALYZE;
