CREATE EXTENSION IF NOT EXISTS pgcrypto;
CREATE EXTENSION citext;
CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
CREATE EXTENSION pg_trgm;
CREATE TABLE t (id uuid DEFAULT uuid_generate_v4(), email citext UNIQUE, h text DEFAULT encode(gen_random_bytes(8), 'hex'), CHECK (email <> ''));
CREATE INDEX ON t USING gin (h gin_trgm_ops);
CREATE INDEX ON t (lower(email));
