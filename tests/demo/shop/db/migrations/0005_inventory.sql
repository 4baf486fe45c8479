CREATE SCHEMA warehouse;

CREATE TABLE warehouse.locations (
    id     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name   text NOT NULL UNIQUE,
    city   text NOT NULL
);

CREATE TABLE warehouse.inventory (
    location_id  integer NOT NULL REFERENCES warehouse.locations (id),
    product_id   bigint NOT NULL REFERENCES products (id),
    on_hand      integer NOT NULL DEFAULT 0 CHECK (on_hand >= 0),
    reserved     integer NOT NULL DEFAULT 0,
    counted_at   date,
    PRIMARY KEY (location_id, product_id)
);

COMMENT ON COLUMN warehouse.inventory.reserved IS 'Promised to orders that were not shipped yet';
