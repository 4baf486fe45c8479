CREATE EXTENSION btree_gist;
CREATE TYPE room_kind AS ENUM ('single', 'double', 'suite', 'hall');
CREATE TYPE timeband AS RANGE (subtype = time);
CREATE TYPE floatrange AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE DOMAIN percentage AS int4range CHECK (VALUE <@ int4range(0, 101));
CREATE TABLE hotels (
    id smallint PRIMARY KEY,
    name varchar(100) NOT NULL,
    place point,
    grounds polygon,
    entrance lseg,
    zone circle,
    route path,
    bounds box,
    opening timeband,
    timezone text NOT NULL DEFAULT 'UTC',
    check_in time NOT NULL DEFAULT '15:00',
    check_out timetz
);
CREATE TABLE rooms (
    hotel_id smallint REFERENCES hotels,
    number varchar(8),
    kind room_kind NOT NULL,
    floor int NOT NULL,
    beds int2 NOT NULL DEFAULT 1,
    area real,
    price_range numrange,
    features bit(8) NOT NULL DEFAULT B'00000000',
    flags varbit,
    closed daterange[],
    PRIMARY KEY (hotel_id, number)
);
CREATE TABLE guests (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, born date, language char(2), nights interval, loyalty "char");
CREATE TABLE bookings (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hotel_id smallint NOT NULL,
    room varchar(8) NOT NULL,
    guest_id int NOT NULL REFERENCES guests,
    stay daterange NOT NULL,
    held tstzrange,
    local tsrange,
    persons int NOT NULL CHECK (persons > 0),
    price money,
    deposit numeric(8, 2),
    share percentage,
    code uuid DEFAULT gen_random_uuid(),
    nights int GENERATED ALWAYS AS (upper(stay) - lower(stay)) STORED,
    cancelled boolean NOT NULL DEFAULT false,
    FOREIGN KEY (hotel_id, room) REFERENCES rooms,
    EXCLUDE USING gist (hotel_id WITH =, room WITH =, stay WITH &&) WHERE (NOT cancelled)
);
CREATE TABLE rates (hotel_id smallint, kind room_kind, valid daterange, amount numeric(8, 2) NOT NULL, weekdays int4multirange, seasons datemultirange, EXCLUDE USING gist (hotel_id WITH =, valid WITH &&));
CREATE TABLE sensors (room varchar(8), at timestamptz, level float8, tolerance floatrange, address macaddr, PRIMARY KEY (room, at));
CREATE VIEW occupied AS SELECT b.hotel_id, b.room, b.stay, g.name FROM bookings b JOIN guests g ON g.id = b.guest_id WHERE NOT b.cancelled;
CREATE FUNCTION free_rooms(hotel smallint, wanted daterange) RETURNS SETOF rooms LANGUAGE sql STABLE AS 'SELECT * FROM rooms WHERE hotel_id = hotel';
CREATE FUNCTION overlap(a anyrange, b anyrange) RETURNS anyrange LANGUAGE sql IMMUTABLE AS 'SELECT a * b';
CREATE FUNCTION first_value_of(anyarray) RETURNS anyelement LANGUAGE sql IMMUTABLE AS 'SELECT $1[1]';
CREATE FUNCTION bounds_of(r anyrange, OUT low anyelement, OUT high anyelement) LANGUAGE sql IMMUTABLE AS 'SELECT lower(r), upper(r)';
CREATE FUNCTION quote(hotel smallint, VARIADIC nights date[]) RETURNS numeric LANGUAGE sql STABLE AS 'SELECT 1.0';
CREATE PROCEDURE cancel(booking bigint, INOUT done boolean) LANGUAGE sql AS 'SELECT true';
