create table pkt (a int, b text, c numeric, primary key (a));
create table fk1 (x int references pkt, y text references pkt);
create table fk1 (x text references pkt);
create table fk1 (x int references pkt (b));
create table fk1 (x int references pkt (nosuch));
create table fk1 (x int references nosuch);
create table fk1 (x int, foreign key (nosuch) references pkt);
create table fk1 (x int, y int, foreign key (x, y) references pkt);
create table fk1 (x int, y int, foreign key (x, y) references pkt (a));
create table fk1 (x int, y int, foreign key (x, x) references pkt (a, a));
-- since 15
create table fk1 (x int references pkt on delete set null (y));
-- since 15
create table fk1 (x int, y int, foreign key (x) references pkt on delete set null (y));
-- since 15
create table fk1 (x int, y int, foreign key (x) references pkt on delete set null (nosuch));
-- since 15
create table fk1 (x int, y int, foreign key (x) references pkt on update set null (x));
create table fk1 (x int8 references pkt);
create table fk2 (x numeric references pkt);
create table fk3 (x int references pkt match partial);
create table fk4 (x int generated always as (1) stored references pkt on update cascade);
create table fk5 (x int generated always as (1) stored references pkt on delete set null);
create temp table fkt (x int references pkt);
create unlogged table fku (x int references pkt);
create table fk6 (x int references fku);
create view pkv as select * from pkt;
create table fk7 (x int references pkv);
create table fk8 (x int, constraint c foreign key (x) references pkt, constraint c check (x > 1));
alter table pkt drop column a;
alter table pkt drop constraint pkt_pkey;
drop table pkt;
truncate pkt;
truncate pkt, fk1;
truncate pkt cascade;
alter table pkt alter column a type text;
alter table fk1 alter column x type text;
alter table fk1 drop constraint fk1_x_fkey, add foreign key (x) references pkt not valid;
alter table fk1 alter constraint fk1_x_fkey deferrable;
alter table fk1 alter constraint nosuch deferrable;
alter table pkt alter constraint pkt_pkey deferrable;
alter table fk1 validate constraint fk1_x_fkey;
-- since 18
create table wo (id int4range, valid_at daterange, constraint wo_pk primary key (id, valid_at without overlaps));
-- since 18
create table wo2 (id int4range, valid_at text, constraint wo2_pk primary key (id, valid_at without overlaps));
-- since 18
create table wo3 (valid_at daterange, constraint wo3_pk primary key (valid_at without overlaps));
-- since 18

-- since 18
create table wofk (id int4range, valid_at daterange, parent int4range, foreign key (parent, period valid_at) references wo (id, period valid_at));
-- since 18
create table wofk2 (id int4range, valid_at daterange, parent int4range, foreign key (parent, valid_at) references wo (id, period valid_at));
-- since 18
create table wofk3 (id int4range, valid_at daterange, parent int4range, foreign key (parent, period valid_at) references wo (id, valid_at));
-- since 18
create table wofk4 (id int4range, valid_at daterange, parent int4range, foreign key (parent, period valid_at) references wo);
-- since 18
create table wofk5 (id int4range, valid_at daterange, parent int4range, foreign key (parent) references wo (id));
-- since 18
create table wofk6 (id int4range, valid_at daterange, parent int4range, foreign key (parent, period valid_at) references wo on delete cascade);
create table keys (a varchar(5) primary key, b cidr unique, c inet unique, d regclass unique, e oid unique, f char(3) unique, g float4 unique, h timestamptz unique, i uuid unique, j money unique, k name unique, l numeric unique);
create table k1 (x text references keys);
create table k2 (x inet references keys (b));
create table k3 (x cidr references keys (c));
create table k4 (x oid references keys (d));
create table k5 (x int references keys (e));
create table k6 (x text references keys (f));
create table k7 (x int references keys (g));
create table k8 (x date references keys (h));
create table k9 (x text references keys (i));
create table k10 (x numeric references keys (j));
create table k11 (x text references keys (k));
create table k12 (x int references keys (l));
create table k13 (x float8 references keys (l));
create table k14 (x varchar references keys (a));
create table k15 (x char(2) references keys (a));
create table k16 (x name references keys (a));
create table k17 (x bigint references keys (e));
create table k18 (x timestamp references keys (h));
create table k19 (x time references keys (h));
