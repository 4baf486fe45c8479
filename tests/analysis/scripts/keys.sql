-- What a foreign key, a key WITHOUT OVERLAPS and an exclusion constraint need.
create type mood as enum ('a');
create type other_mood as enum ('a');
create domain numbers as int[];
create table of_int (a int primary key);
create table of_ints (a int[] primary key);
create table of_bigints (a int8[] primary key);
create table of_texts (a text[] primary key);
create table of_range (a int4range primary key);
create table of_mood (a mood primary key);
create table of_text (a text primary key);
create table refers_1 (a int[] references of_int);
create table refers_2 (a int references of_ints);
create table refers_3 (a int8[] references of_ints);
create table refers_4 (a int[] references of_bigints);
create table refers_5 (a varchar[] references of_texts);
create table refers_6 (a numbers references of_ints);
create table refers_7 (a int8range references of_range);
create table refers_8 (a int references of_range);
create table refers_9 (a int4range references of_int);
create table refers_10 (a mood references of_int);
create table refers_11 (a int references of_mood);
create table refers_12 (a mood references of_text);
create table refers_13 (a other_mood references of_mood);
create table refers_14 (a mood references of_mood);
create table refers_15 (a text[] references of_text);
create table refers_16 (a varchar(3)[] references of_texts);
create table deferred (a int unique deferrable, b int primary key deferrable, c int unique);
create table refers_17 (a int references deferred (a));
create table refers_18 (a int references deferred);
create table refers_19 (a int references deferred (c));
create unique index on deferred (a);
create table refers_20 (a int references deferred (a));
-- since 18
create table booked (room int4range, at daterange, primary key (room, at without overlaps));
-- since 18
create table refers_21 (room int4range, at daterange, foreign key (room, period at) references booked (room, period at));
-- since 18
create table refers_22 (room int4range, at daterange, foreign key (room, period at) references booked);
-- since 18
create table refers_23 (room int4range, at daterange, foreign key (room, at) references booked (room, at));
-- since 18
create table refers_24 (room int4range, at daterange, foreign key (room, at) references booked);
-- since 18
create table refers_25 (room int4range, at daterange, foreign key (room, period at) references booked (room, at));
-- since 18
create table refers_26 (room int4range, at daterange, foreign key (room, at) references booked (room, period at));
-- since 18
create table refers_27 (room int4range, at daterange, foreign key (at, period room) references booked (at, period room));
-- since 18
create table refers_28 (room int4range references booked);
-- since 18
create table refers_29 (room int4range, at tsrange, foreign key (room, period at) references booked);
-- since 18
create table refers_30 (room int4range, at daterange, foreign key (room, period nowhere) references booked);
-- since 18
create table refers_31 (room int4range, at daterange, foreign key (room, period at) references booked on delete cascade);
-- since 18
alter table booked alter at type tsrange using null;
-- since 18
create table plain (room int4range, at daterange, primary key (room, at));
-- since 18
create table refers_32 (room int4range, at daterange, foreign key (room, period at) references plain (room, period at));
-- since 18
create table refers_33 (room int4range, at daterange, foreign key (room, period at) references plain);
-- since 18
create table numbered (id int, at daterange, primary key (id, at without overlaps));
create table excluded_1 (a int4range, exclude using gist (a with &&));
create table excluded_2 (a int4range, exclude using gist (a with <));
create table excluded_3 (a int4range, exclude using gist (a with <<));
create table excluded_4 (a int, exclude (a with <>));
create table excluded_5 (a int, exclude (a with >));
create table excluded_6 (a int, exclude using hash (a with =));
create table excluded_7 (a int4range, exclude using gist (nowhere with &&));
create table excluded_8 (a int4range, exclude using gist (a with operator(nowhere.&&)));
create table excluded_9 (a int4range, exclude using gist (a with operator(pg_catalog.&&)));
