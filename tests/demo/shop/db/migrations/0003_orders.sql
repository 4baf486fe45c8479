CREATE TYPE order_status AS ENUM ('pending', 'paid', 'shipped', 'delivered', 'cancelled');

CREATE TABLE orders (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id  bigint NOT NULL REFERENCES customers (id),
    status       order_status NOT NULL DEFAULT 'pending',
    total_cents  integer NOT NULL DEFAULT 0,
    note         text,
    created_at   timestamptz NOT NULL DEFAULT now(),
    shipped_at   timestamptz,
    CONSTRAINT orders_shipped_after_created CHECK (shipped_at >= created_at)
);

CREATE TABLE order_items (
    order_id          bigint NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    line              smallint NOT NULL,
    product_id        bigint NOT NULL REFERENCES products (id),
    quantity          integer NOT NULL CHECK (quantity > 0),
    unit_price_cents  integer NOT NULL,
    PRIMARY KEY (order_id, line)
);

CREATE INDEX order_items_product_id_idx ON order_items (product_id);

COMMENT ON TABLE orders IS 'One row per checkout, whatever became of it';
COMMENT ON COLUMN orders.total_cents IS 'Sum of the items when the order was placed, in cents';
