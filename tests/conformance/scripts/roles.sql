CREATE ROLE roles_plain;
CREATE USER roles_user PASSWORD 'secret';
CREATE ROLE roles_admin SUPERUSER CREATEDB CREATEROLE LOGIN REPLICATION BYPASSRLS CONNECTION LIMIT 5;
CREATE ROLE roles_limited NOINHERIT VALID UNTIL 'infinity' NOLOGIN;
CREATE GROUP roles_group USER roles_user;
CREATE ROLE roles_member IN ROLE roles_plain ADMIN roles_admin;
GRANT roles_plain TO roles_user WITH ADMIN OPTION;
GRANT roles_group, roles_plain TO roles_limited;
REVOKE roles_group FROM roles_limited;
REVOKE ADMIN OPTION FOR roles_plain FROM roles_user;
ALTER ROLE roles_plain LOGIN CREATEDB;
ALTER ROLE roles_admin NOSUPERUSER NOREPLICATION CONNECTION LIMIT -1;
ALTER GROUP roles_group ADD USER roles_admin;
ALTER GROUP roles_group DROP USER roles_user;
ALTER ROLE roles_user SET search_path TO app, "Odd", public;
ALTER ROLE roles_user SET statement_timeout = '5s';
ALTER ROLE roles_user SET work_mem TO DEFAULT;
ALTER ROLE roles_admin SET lock_timeout = 100;
ALTER ROLE roles_admin RESET ALL;
ALTER ROLE roles_member RENAME TO roles_renamed;
CREATE ROLE roles_gone;
GRANT roles_gone TO roles_user;
DROP ROLE roles_gone;
DROP ROLE IF EXISTS roles_gone;
COMMENT ON ROLE roles_plain IS 'nothing special';
-- since 16
GRANT roles_plain TO roles_renamed WITH ADMIN OPTION;
-- since 16
GRANT roles_plain TO roles_limited GRANTED BY roles_renamed;
-- since 16
GRANT roles_plain TO roles_group WITH INHERIT FALSE, SET FALSE GRANTED BY roles_renamed;
CREATE ROLE roles_creator CREATEROLE NOINHERIT;
SET ROLE roles_creator;
CREATE ROLE roles_made;
CREATE ROLE roles_made_in IN ROLE roles_made;
RESET ROLE;
GRANT roles_made TO roles_limited;
ALTER GROUP roles_made ADD USER roles_creator;
