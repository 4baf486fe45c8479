-- The database that the statements of statements.sql run in.
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
CREATE DOMAIN label AS text;
CREATE DOMAIN title AS text;
ALTER DOMAIN title ADD CONSTRAINT short CHECK (length(VALUE) < 100) NOT VALID;
CREATE SCHEMA archive;

CREATE TABLE customers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    mail email,
    code varchar(10),
    short_code char(4),
    balance numeric(10, 2),
    seen_at timestamp(3),
    address cidr,
    nick label,
    feeling mood,
    tags varchar(10)[],
    UNIQUE (code)
);
CREATE INDEX customers_name_idx ON customers (name);
CREATE INDEX customers_code_lower_idx ON customers (lower(code));

CREATE TABLE orders (
    id int PRIMARY KEY,
    customer_id bigint REFERENCES customers (id),
    status varchar(20) NOT NULL,
    total int,
    note text,
    placed_at timestamptz,
    weight int,
    height int CONSTRAINT height_positive CHECK (height > 0),
    CONSTRAINT total_known CHECK (total IS NOT NULL)
);
CREATE INDEX orders_status_idx ON orders (status);
CREATE INDEX orders_open_idx ON orders (placed_at) WHERE status = 'open';
ALTER TABLE orders ADD CONSTRAINT weight_positive CHECK (weight > 0) NOT VALID;

CREATE TABLE order_lines (
    order_id int REFERENCES orders (id) ON DELETE CASCADE,
    line int,
    product text,
    amount int,
    PRIMARY KEY (order_id, line)
);
ALTER TABLE order_lines ADD CONSTRAINT lines_amount_fk FOREIGN KEY (amount) REFERENCES orders (id) NOT VALID;

CREATE TABLE events (
    id bigint NOT NULL,
    at date NOT NULL,
    kind text,
    customer_id bigint,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE events_rest PARTITION OF events DEFAULT;
CREATE INDEX events_kind_idx ON events (kind);
CREATE TABLE events_2026 (LIKE events INCLUDING INDEXES);
CREATE TABLE events_2027 (id bigint NOT NULL, at date NOT NULL, kind text, customer_id bigint);
CREATE TABLE events_2028 (LIKE events INCLUDING INDEXES);
ALTER TABLE events_2028 ADD CONSTRAINT in_2028 CHECK (at >= '2028-01-01' AND at < '2029-01-01');

CREATE TABLE regions (code text NOT NULL, customer_id bigint REFERENCES customers (id)) PARTITION BY LIST (code);
CREATE TABLE regions_eu PARTITION OF regions FOR VALUES IN ('de', 'fr');
CREATE TABLE regions_us (code text NOT NULL, customer_id bigint);

CREATE TABLE animals (id int, name text, weight int);
CREATE TABLE dogs (breed text) INHERITS (animals);
CREATE TABLE cats (id int, name text, weight int);
CREATE TABLE books (id int, title title NOT NULL);
CREATE TABLE codes (code varchar(10) PRIMARY KEY, n int UNIQUE);
CREATE TABLE uses_codes (code varchar(10) REFERENCES codes (code), n int REFERENCES codes (n));

CREATE VIEW open_orders AS SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.status = 'open';
CREATE VIEW open_order_ids AS SELECT id FROM open_orders;
CREATE VIEW plain AS SELECT id, name FROM animals;
CREATE MATERIALIZED VIEW totals AS SELECT customer_id, sum(total) AS total FROM orders GROUP BY 1;
CREATE UNIQUE INDEX totals_idx ON totals (customer_id);

CREATE UNLOGGED TABLE scratch (id int, body text);
CREATE TABLE loose (id int, a int, b text);
CREATE UNIQUE INDEX loose_id_idx ON loose (id);
CREATE INDEX loose_b_idx ON loose (b);
CREATE TABLE tight (id int NOT NULL, a int NOT NULL);
CREATE UNIQUE INDEX tight_id_idx ON tight (id);
CREATE SEQUENCE counter;

CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION steady(a int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a + 1';
CREATE FUNCTION opaque() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
CREATE FUNCTION shaky() RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 1';
CREATE TRIGGER orders_touch BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch();
CREATE POLICY mine ON loose USING (true);
CREATE RULE quiet AS ON DELETE TO loose DO INSTEAD NOTHING;
CREATE PUBLICATION feed FOR TABLE loose;
CREATE STATISTICS orders_stats ON status, total FROM orders;

INSERT INTO customers (name, mail, code, address) SELECT 'n' || g, 'a@b', 'c' || g, '10.0.0.0/8' FROM generate_series(1, 50) g;
INSERT INTO orders SELECT g, g % 50 + 1, CASE WHEN g % 10 = 0 THEN 'open' ELSE 'done' END, g, 'x', '2024-01-01', 1, 1 FROM generate_series(1, 300) g;
INSERT INTO order_lines SELECT g, 1, 'p', g FROM generate_series(1, 300) g;
INSERT INTO events SELECT g, date '2024-01-01' + g, 'k', 1 FROM generate_series(1, 600) g;
INSERT INTO regions SELECT 'de', 1 FROM generate_series(1, 10);
INSERT INTO regions_us SELECT 'us', 1 FROM generate_series(1, 10);
INSERT INTO animals SELECT g, 'a' FROM generate_series(1, 10) g;
INSERT INTO dogs SELECT g, 'a', 1, 'b' FROM generate_series(1, 10) g;
INSERT INTO scratch SELECT g, 'a' FROM generate_series(1, 10) g;
INSERT INTO loose SELECT g, g, 'a' FROM generate_series(1, 10) g;
INSERT INTO tight SELECT g, g FROM generate_series(1, 10) g;
INSERT INTO events_2026 SELECT g, '2026-05-05', 'k' FROM generate_series(1, 10) g;
INSERT INTO events_2027 SELECT g, '2027-05-05', 'k' FROM generate_series(1, 10) g;
INSERT INTO events_2028 SELECT g, '2028-05-05', 'k' FROM generate_series(1, 10) g;
INSERT INTO books VALUES (1, 'x');
INSERT INTO codes SELECT 'a' || g, g FROM generate_series(1, 9) g;
INSERT INTO uses_codes SELECT code, n FROM codes;
ANALYZE;
