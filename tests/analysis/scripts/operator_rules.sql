-- What operators may have, what of PostgreSQL's own cannot be dropped, and where objects are moved to.
create function bf(int, int) returns bool language sql immutable as 'select true';
create function uf(int) returns int language sql immutable as 'select 1';
create function cmpf(int, int) returns int language sql immutable as 'select 0';
create function sf(int, int) returns setof bool language sql as 'select true';
create function est(internal, oid, internal, int) returns int language internal as 'int4out';
create function jest(internal, oid, internal, int2) returns int language internal as 'int4out';
create procedure prc(int, int) language sql as '';
create schema sc;
create operator === (leftarg = int, rightarg = int, procedure = bf);
create operator public.=== (leftarg = int, rightarg = int, procedure = bf);
create operator ==! (leftarg = foo, rightarg = int, procedure = bf);
create operator ==! (leftarg = int, rightarg = int, procedure = prc);
create operator ==! (leftarg = int, rightarg = int, procedure = bf, restrict = est);
create operator ==! (leftarg = int, rightarg = int, procedure = bf, join = jest);
create operator ==! (leftarg = int, rightarg = int, procedure = bf, join = nope);
create operator ==! (leftarg = int, rightarg = int, procedure = bf, hashes = 'x');
create operator ==! (leftarg = int, rightarg = int, procedure = bf, commutator = 1);
create operator ==! (leftarg = int, rightarg = int, procedure = 1);
create operator ==! (leftarg = 1, rightarg = int, procedure = bf);
create operator ==! (leftarg = int, rightarg = int, procedure);
create operator ==! (leftarg, rightarg = int, procedure = bf);
create operator !!! (rightarg = int, procedure = uf, commutator = !!!);
create operator !!! (rightarg = int, procedure = uf, negator = !!!);
create operator !!! (rightarg = int, procedure = uf, restrict = eqsel);
create operator !!! (rightarg = int, procedure = uf, join = eqjoinsel);
create operator !!! (rightarg = int, procedure = uf, hashes);
create operator !!! (rightarg = int, procedure = uf, merges);
create operator !!! (rightarg = int, procedure = uf, sort1 = <);
create operator ### (leftarg = int, rightarg = int, procedure = cmpf, negator = !###);
create operator ### (leftarg = int, rightarg = int, procedure = cmpf, hashes);
create operator ### (leftarg = int, rightarg = int, procedure = cmpf, merges);
create operator ### (leftarg = int, rightarg = int, procedure = cmpf, restrict = eqsel);
create operator ### (leftarg = int, rightarg = int, procedure = cmpf, join = eqjoinsel);
create operator @#@ (leftarg = int, rightarg = int, procedure = bf, commutator = operator(nosc.@#@));
create operator @#@ (leftarg = int, rightarg = int, procedure = bf, negator = operator(nosc.@#@));
create operator ==# (leftarg = int, rightarg = int, procedure = sf);
create operator ==~ (leftarg = int, rightarg = int, procedure = bf, negator = ==~);
create operator === (leftarg = int, rightarg = int, procedure = bf, negator = ===);
create operator sc.=== (leftarg = int, rightarg = int, procedure = bf);
create operator sc.=== (leftarg = int, rightarg = int, procedure = bf);
create operator nosc.=== (leftarg = int, rightarg = int, procedure = bf);
alter operator === (int, int) set (restrict = nope);
alter operator === (int, int) set (restrict = est);
alter operator === (int, int) set (foo = 1);
alter operator === (int, int) set (foo = a);
-- since 17
alter operator === (int, int) set (foo);
alter operator === (int, int) set (hashes = 1);
alter operator === (int, int) set (hashes = foo);
alter operator === (int, int) set (commutator = ####);
alter operator === (int, int) set (commutator = operator(nosc.####));
alter operator === (int, int) set (negator = !==);
alter operator === (int, int) set (negator = ===);
-- since 17
alter operator === (int, int) set (negator);
-- since 17
alter operator === (int, int) set (hashes, merges);
alter operator === (int, int) set (hashes = false);
alter operator === (int, int) set (merges = false);
-- since 17
alter operator ==# (int, int) set (hashes);
-- since 17
alter operator ### (int, int) set (hashes);
alter operator ### (int, int) set (restrict = eqsel);
alter operator ### (int, int) set (negator = <>);
-- since 17
alter operator = (int, int) set (hashes);
-- since 17
alter operator = (int, int) set (foo);
-- since 17
alter operator === (int, text) set (foo);
-- since 17
alter operator nosc.=== (int, text) set (foo);
-- since 17
alter operator === (int, foo) set (foo);
alter operator === (int, int) set schema sc;
alter operator === (int, text) set schema sc;
alter operator === (int, text) set schema nosc;
alter operator === (int, int) set schema nosc;
comment on operator nosc.=== (int, int) is 'x';
comment on operator === (int, foo) is 'x';
drop operator if exists nosc.=== (int, int);
drop operator if exists === (int, foo);
drop operator if exists === (int, nosc.foo);
drop operator === (int, nosc.foo);
drop operator === (int, foo);
drop operator nosc.=== (int, int);
drop operator = (int, int);
drop operator if exists = (int, int);
drop operator family integer_ops using btree;
drop operator class int4_ops using btree;
drop operator class pg_catalog.int4_ops using btree;
drop operator class if exists nosc.int4_ops using btree;
drop operator class nosc.int4_ops using btree;
alter operator class nosc.int4_ops using btree rename to x;
alter operator family nosc.int4_ops using btree rename to x;
drop access method heap;
drop cast (int4 as int8);
drop cast (int4 as foo);
drop cast if exists (int4 as foo);
drop cast (int4 as nosc.foo);
drop cast if exists (int4 as nosc.foo);
-- since 18
drop cast (int4 as bytea);
drop language sql;
drop text search parser "default";
drop text search template simple;
drop text search dictionary simple;
drop text search configuration simple;
drop type int4;
drop type int4range;
drop type if exists int4;
drop type _int4;
drop type int4[];
drop domain int4;
drop collation "C";
drop collation "default";
drop conversion nosc.a;
drop conversion nope;
drop text search parser nosc.p;
alter text search parser nosc.p rename to x;
alter text search parser nosc.p set schema nosc2;
alter text search parser p set schema nosc2;
alter conversion c set schema nosc2;
alter type c set schema nosc2;
alter table c set schema nosc2;
alter domain c set schema nosc2;
alter statistics c set schema nosc2;
