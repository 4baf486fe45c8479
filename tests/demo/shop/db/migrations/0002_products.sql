-- What we sell.
CREATE TABLE categories (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parent_id  integer REFERENCES categories (id),
    slug       text NOT NULL UNIQUE,
    title      text NOT NULL
);

CREATE TABLE products (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    category_id  integer REFERENCES categories (id),
    sku          varchar(32) NOT NULL UNIQUE,
    title        text NOT NULL,
    description  text,
    price_cents  integer NOT NULL CHECK (price_cents >= 0),
    attributes   jsonb NOT NULL DEFAULT '{}',
    tags         text[] NOT NULL DEFAULT '{}',
    legacy_code  text,
    active       boolean NOT NULL DEFAULT true
);

CREATE INDEX products_category_id_idx ON products (category_id) WHERE active;
CREATE INDEX products_attributes_idx ON products USING gin (attributes);

COMMENT ON COLUMN products.price_cents IS 'What one piece costs today; orders keep their own price';
