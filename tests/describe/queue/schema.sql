CREATE TYPE job_state AS ENUM ('available', 'running', 'retryable', 'completed', 'discarded', 'cancelled', 'scheduled');
CREATE TABLE queues (name text PRIMARY KEY, paused_at timestamptz, metadata jsonb NOT NULL DEFAULT '{}', weight int2 NOT NULL DEFAULT 1, updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE jobs (
    id bigserial PRIMARY KEY,
    queue text NOT NULL DEFAULT 'default' REFERENCES queues,
    kind varchar(128) NOT NULL,
    state job_state NOT NULL DEFAULT 'available',
    priority smallint NOT NULL DEFAULT 1 CHECK (priority BETWEEN 1 AND 4),
    attempt smallint NOT NULL DEFAULT 0,
    max_attempts smallint NOT NULL DEFAULT 25,
    args jsonb NOT NULL,
    errors jsonb[],
    tags varchar(255)[] NOT NULL DEFAULT '{}',
    attempted_by text[],
    unique_key bytea,
    unique_states bit(8),
    timeout interval,
    created_at timestamptz NOT NULL DEFAULT now(),
    scheduled_at timestamptz NOT NULL DEFAULT now(),
    attempted_at timestamptz,
    finalized_at timestamptz,
    CONSTRAINT finalized CHECK ((finalized_at IS NOT NULL) = (state IN ('completed', 'discarded', 'cancelled')))
);
CREATE UNIQUE INDEX jobs_unique ON jobs (unique_key) WHERE unique_key IS NOT NULL AND unique_states IS NOT NULL;
CREATE INDEX ON jobs (state, queue, priority, scheduled_at, id);
CREATE UNLOGGED TABLE leaders (name text PRIMARY KEY, leader_id text NOT NULL, elected_at timestamptz NOT NULL, expires_at timestamptz NOT NULL, CHECK (expires_at > elected_at));
CREATE TABLE schedules (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), cron text NOT NULL, kind text NOT NULL, args json, next_run timestamp, zone text DEFAULT 'UTC', enabled bool DEFAULT true);
CREATE TABLE workers (id text PRIMARY KEY, host inet, pid int, started_at timestamptz DEFAULT now(), heartbeat timestamptz, load real[], running bigint[] DEFAULT '{}');
CREATE FUNCTION job_state_in_bitmask(bitmask bit(8), state job_state) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE FUNCTION backoff(attempt int) RETURNS interval LANGUAGE sql IMMUTABLE AS 'SELECT attempt * interval ''1 second''';
CREATE VIEW job_counts AS SELECT queue, state, count(*) AS count, min(scheduled_at) AS oldest FROM jobs GROUP BY queue, state;
