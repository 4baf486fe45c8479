ALTER TABLE customers RENAME COLUMN full_name TO name;
ALTER TABLE products DROP COLUMN legacy_code;
ALTER TYPE order_status ADD VALUE 'refunded' AFTER 'delivered';
