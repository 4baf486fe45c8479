CREATE SCHEMA "Mixed Case";
CREATE TABLE "Mixed Case"."Table" ("Id" serial PRIMARY KEY, "user" text DEFAULT 'x', "a""b" int CHECK ("a""b" > 0), "select" int REFERENCES "Mixed Case"."Table" ("Id"), "été" text, value int, name text, "type" int, "group" int UNIQUE);
CREATE INDEX ON "Mixed Case"."Table" (lower("user"), "group") WHERE "a""b" > 1 AND value > 2;
CREATE TYPE "Mixed Case"."Kind" AS ENUM ('A b', 'it''s');
ALTER TABLE "Mixed Case"."Table" ADD k "Mixed Case"."Kind" DEFAULT 'it''s', ADD "Ks" "Mixed Case"."Kind"[];
CREATE VIEW "Mixed Case".v AS SELECT "Id" AS "ID", "user" FROM "Mixed Case"."Table";
CREATE FUNCTION "Mixed Case"."Fn"("Arg" int, "select" "Mixed Case"."Kind") RETURNS "Mixed Case"."Table" LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
