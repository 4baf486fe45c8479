CREATE TABLE samples (id bigserial PRIMARY KEY, taken_at timestamptz NOT NULL DEFAULT now(), backends int, xact_commit bigint, detail jsonb);
CREATE VIEW sample_ages AS SELECT id, now() - taken_at AS age FROM samples;
CREATE FUNCTION bloat(relation regclass) RETURNS numeric LANGUAGE sql STABLE AS 'SELECT 0.0';
