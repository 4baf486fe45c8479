CREATE SCHEMA cms;
CREATE EXTENSION pg_trgm WITH SCHEMA public;
CREATE EXTENSION citext WITH SCHEMA public;
CREATE TYPE cms.visibility AS ENUM ('draft', 'private', 'public');
CREATE TABLE cms.authors (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    handle citext NOT NULL UNIQUE,
    display_name text NOT NULL,
    bio text,
    links jsonb NOT NULL DEFAULT '[]',
    joined date NOT NULL DEFAULT CURRENT_DATE,
    avatar bytea
);
CREATE TABLE cms.posts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    author_id uuid NOT NULL REFERENCES cms.authors,
    slug text NOT NULL,
    title text NOT NULL,
    body text NOT NULL DEFAULT '',
    visibility cms.visibility NOT NULL DEFAULT 'draft',
    language regconfig NOT NULL DEFAULT 'english',
    document tsvector GENERATED ALWAYS AS (to_tsvector('english', title || ' ' || body)) STORED,
    metadata jsonb,
    word_count int,
    reading interval,
    published_at timestamptz,
    revised_at timestamptz[] NOT NULL DEFAULT '{}',
    UNIQUE (author_id, slug)
);
CREATE TABLE cms.tags (name citext PRIMARY KEY, color char(7), parent citext REFERENCES cms.tags);
CREATE TABLE cms.post_tags (
    post_id bigint REFERENCES cms.posts ON DELETE CASCADE,
    tag citext REFERENCES cms.tags ON UPDATE CASCADE,
    weight real NOT NULL DEFAULT 1,
    PRIMARY KEY (post_id, tag)
);
CREATE TABLE cms.comments (
    id bigserial PRIMARY KEY,
    post_id bigint NOT NULL REFERENCES cms.posts,
    parent_id bigint REFERENCES cms.comments,
    author_name varchar(60),
    body text NOT NULL,
    ip cidr,
    spam_score double precision,
    posted_at timestamp NOT NULL DEFAULT now(),
    reactions jsonb DEFAULT '{}'
);
CREATE TABLE cms.revisions (
    post_id bigint NOT NULL,
    version int NOT NULL,
    diff xml,
    snapshot json,
    edited_by uuid,
    edited_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (post_id, version)
);
CREATE TABLE cms.views (post_id bigint NOT NULL, day date NOT NULL, visitor macaddr8, hits bigint NOT NULL DEFAULT 0, PRIMARY KEY (post_id, day));
CREATE VIEW cms.published AS
    SELECT p.id, p.slug, p.title, a.handle AS author, p.published_at, p.document
    FROM cms.posts p JOIN cms.authors a ON a.id = p.author_id WHERE p.visibility = 'public';
CREATE FUNCTION cms.excerpt(body text, length int DEFAULT 200) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT left($1, $2)';
CREATE FUNCTION cms.thread(root bigint, OUT id bigint, OUT depth int, OUT body text) RETURNS SETOF record LANGUAGE sql STABLE
    AS 'SELECT id, 1, body FROM cms.comments WHERE id = root';
CREATE AGGREGATE cms.concat_lines(text) (SFUNC = textcat, STYPE = text, INITCOND = '');
CREATE OPERATOR cms.=~ (LEFTARG = text, RIGHTARG = text, FUNCTION = texticregexeq);
