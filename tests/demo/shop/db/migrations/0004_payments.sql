CREATE TYPE payment_method AS ENUM ('card', 'transfer', 'voucher');

CREATE TABLE payments (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id      bigint NOT NULL REFERENCES orders (id),
    method        payment_method NOT NULL,
    amount_cents  integer NOT NULL CHECK (amount_cents <> 0),
    reference     varchar(64),
    received_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (method, reference)
);

CREATE INDEX payments_order_id_idx ON payments (order_id);
