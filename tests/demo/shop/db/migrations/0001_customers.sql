-- Who buys from us.
CREATE TABLE customers (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email       text NOT NULL,
    full_name   text NOT NULL,
    phone       varchar(20),
    created_at  timestamptz NOT NULL DEFAULT now(),
    deleted_at  timestamptz
);

CREATE UNIQUE INDEX customers_email_key ON customers (lower(email));

COMMENT ON TABLE customers IS 'Everybody who ever opened an account';
COMMENT ON COLUMN customers.deleted_at IS 'Set when the account was closed; the row stays for the books';
