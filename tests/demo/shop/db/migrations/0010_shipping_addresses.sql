CREATE TABLE addresses (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id  bigint NOT NULL REFERENCES customers (id),
    street       text NOT NULL,
    postal_code  text NOT NULL,
    city         text NOT NULL,
    country      char(2) NOT NULL DEFAULT 'DE'
);

CREATE INDEX addresses_customer_id_idx ON addresses (customer_id);

ALTER TABLE orders ADD COLUMN shipping_address_id bigint;

-- First the rule for new rows, under a short lock; then the check of the old ones, which lets writers go on.
ALTER TABLE orders
    ADD CONSTRAINT orders_shipping_address_id_fkey
    FOREIGN KEY (shipping_address_id) REFERENCES addresses (id) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT orders_shipping_address_id_fkey;
