create function same(int, int) returns bool immutable language sql as 'select $1 = $2';
create operator === (leftarg = setof int, rightarg = int, procedure = same);
create operator === (procedure = same);
create operator === (leftarg = int, rightarg = int);
-- since 15
create operator === (leftarg = int, procedure = same);
create operator === (leftarg = int, rightarg = text, procedure = same);
create operator === (leftarg = int, rightarg = int, procedure = nosuch);
create operator === (leftarg = int, rightarg = int, procedure = same, restrict = nosuch);
create operator === (leftarg = int, rightarg = int, procedure = same, join = nosuch);
create operator === (leftarg = int, rightarg = int, procedure = same, negator = ===);
create operator === (leftarg = int, rightarg = int, procedure = same, hashes);
create operator === (leftarg = int, rightarg = int, procedure = same);
alter operator === (int, int) set (restrict = nosuch);
alter operator === (int, int) set (join = nosuch);
alter operator === (int, int) set (nosuch = x);
alter operator === (int, int) set (leftarg = int);
-- since 18
alter operator === (int, int) set (hashes = false);
-- since 18
alter operator === (int, int) set (negator = ===);
-- until 15
alter operator === (int, int) set (commutator = ===);
drop operator ###### (none, int4);
-- since 15
drop operator ###### (int4, none);
drop operator ###### (int4, int8);
comment on operator ###### (int4, int8) is 'x';
drop operator if exists ###### (int4, int8);
drop operator === (int, int);
drop operator class nosuch using btree;
drop operator class nosuch using nosuch;
drop operator class if exists nosuch using nosuch;
drop operator family nosuch using hash;
drop access method nosuch;
drop cast (text as text);
drop language nosuch;
drop conversion nosuch;
drop text search parser nosuch;
drop text search dictionary nosuch;
drop text search template nosuch;
drop text search configuration nosuch;
drop foreign data wrapper nosuch;
drop event trigger nosuch;
