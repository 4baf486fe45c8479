CREATE TABLE t (
    first text, last varchar(20), a int, price numeric(10,2), qty int,
    full_name text GENERATED ALWAYS AS (first || ' ' || last) STORED,
    total numeric GENERATED ALWAYS AS (price * qty) STORED,
    search tsvector GENERATED ALWAYS AS (to_tsvector('english', coalesce(first, '') || ' ' || coalesce(last, ''))) STORED,
    size text GENERATED ALWAYS AS (CASE WHEN a > 10 THEN 'big' WHEN a > 5 THEN 'middle' ELSE 'small' END) STORED,
    weighted tsvector GENERATED ALWAYS AS (setweight(to_tsvector('simple', first), 'A') || setweight(to_tsvector('simple', last), 'B')) STORED
);
ALTER TABLE t ADD COLUMN lower_name text GENERATED ALWAYS AS (lower(first)) STORED;
ALTER TABLE t ALTER lower_name DROP EXPRESSION;
ALTER TABLE t RENAME COLUMN first TO given;
