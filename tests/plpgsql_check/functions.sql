-- Functions, each on its own, and what plpgsql_check says of them is asked of a server.
CREATE FUNCTION good_plain(a int, b int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN a + b;
END $$;

CREATE FUNCTION good_select(uid int) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    found_name text;
BEGIN
    SELECT name INTO found_name FROM users WHERE id = uid;
    RETURN found_name;
END $$;

CREATE FUNCTION good_record(uid int) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    r record;
BEGIN
    SELECT id, name INTO r FROM users WHERE id = uid;
    RETURN r.name;
END $$;

CREATE FUNCTION good_rowtype() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    u users%ROWTYPE;
BEGIN
    SELECT * INTO u FROM users LIMIT 1;
    RETURN u.name || u.mail;
END $$;

CREATE FUNCTION good_loop() RETURNS int LANGUAGE plpgsql STABLE AS $$
DECLARE
    r record;
    total int := 0;
BEGIN
    FOR r IN SELECT id, age FROM users LOOP
        total := total + r.age + r.id;
    END LOOP;
    RETURN total;
END $$;

CREATE FUNCTION good_trigger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.seen := now();
    RETURN NEW;
END $$;

CREATE TRIGGER good_trigger BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION good_trigger();

CREATE FUNCTION no_relation() RETURNS int LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT count(*) FROM userz);
END $$;

CREATE FUNCTION no_column() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE n text;
BEGIN
    SELECT nam INTO n FROM users;
    RETURN n;
END $$;

CREATE FUNCTION no_function() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM nothing_like_it(1);
    RETURN upper(1);
END $$;

CREATE FUNCTION no_field(uid int) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    r record;
BEGIN
    SELECT id, name INTO r FROM users WHERE id = uid;
    RETURN r.nick;
END $$;

CREATE FUNCTION no_field_of_rowtype() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    u users%ROWTYPE;
BEGIN
    SELECT * INTO u FROM users LIMIT 1;
    RETURN u.nick;
END $$;

CREATE FUNCTION no_field_assigned() RETURNS users LANGUAGE plpgsql AS $$
DECLARE
    u users;
BEGIN
    u.nick := 'x';
    RETURN u;
END $$;

CREATE FUNCTION no_field_in_loop() RETURNS int LANGUAGE plpgsql STABLE AS $$
DECLARE
    r record;
    total int := 0;
BEGIN
    FOR r IN SELECT id, age FROM users LOOP
        total := total + r.agee;
    END LOOP;
    RETURN total;
END $$;

CREATE FUNCTION unassigned_record() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    r record;
BEGIN
    RETURN r.id;
END $$;

CREATE FUNCTION bad_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END $$;

CREATE TRIGGER bad_new BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION bad_new();

CREATE FUNCTION bad_old() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.total <> OLD.totl THEN
        INSERT INTO audit (table_name, old_row) VALUES (TG_TABLE_NAME, to_jsonb(OLD));
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER bad_old AFTER UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION bad_old();

CREATE FUNCTION bad_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit (tbl, old_row) VALUES (TG_TABLE_NAME, to_jsonb(OLD));
    RETURN NULL;
END $$;

CREATE TRIGGER bad_audit AFTER DELETE ON orders FOR EACH ROW EXECUTE FUNCTION bad_audit();

CREATE FUNCTION too_few() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    a int; b text;
BEGIN
    SELECT id INTO a, b FROM users;
    RETURN a || b;
END $$;

CREATE FUNCTION too_many() RETURNS int LANGUAGE plpgsql STABLE AS $$
DECLARE
    a int;
BEGIN
    SELECT id, name INTO a FROM users;
    RETURN a;
END $$;

CREATE FUNCTION wrong_type() RETURNS int LANGUAGE plpgsql STABLE AS $$
DECLARE
    a int;
BEGIN
    SELECT name INTO a FROM users;
    RETURN a;
END $$;

CREATE FUNCTION wrong_constant() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    a int := 'x';
    d date;
BEGIN
    d := 'yesterday';
    a := 'abc';
    RETURN a + extract(day FROM d)::int;
END $$;

CREATE FUNCTION unused_variable() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    a int; b int;
BEGIN
    a := 1;
    RETURN 1;
END $$;

CREATE FUNCTION unused_parameter(a int, b int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN a;
END $$;

CREATE FUNCTION unmodified_out(OUT a int, OUT b int) LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    a := 1;
END $$;

CREATE FUNCTION maybe_unmodified(n int, OUT a int) LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF n > 0 THEN
        a := 1;
    END IF;
END $$;

CREATE FUNCTION shadows(a int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    a int := 1;
BEGIN
    DECLARE
        a int := 2;
    BEGIN
        RETURN a;
    END;
END $$;

CREATE FUNCTION no_return(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF n > 0 THEN
        RETURN 1;
    END IF;
END $$;

CREATE FUNCTION no_return_at_all(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    n := n + 1;
END $$;

CREATE FUNCTION unreachable() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    RETURN 1;
    RAISE NOTICE 'x';
END $$;

CREATE FUNCTION unreachable_after_raise() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'x';
    PERFORM 1;
END $$;

CREATE FUNCTION ambiguous(id int) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT name FROM users WHERE id = id);
END $$;

CREATE FUNCTION injection(t text, v text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'DELETE FROM ' || t || ' WHERE name = ''' || v || '''';
END $$;

CREATE FUNCTION safe_dynamic(t text, v text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'DELETE FROM ' || quote_ident(t) || ' WHERE name = ' || quote_literal(v);
    EXECUTE format('DELETE FROM %I WHERE name = %L', t, v);
    EXECUTE format('DELETE FROM %I WHERE name = $1', t) USING v;
END $$;

CREATE FUNCTION injection_format(t text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DELETE FROM %s', t);
END $$;

CREATE FUNCTION bad_dynamic() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'DELETE FROM userz';
    EXECUTE 'SELECT nam FROM users';
    EXECUTE 'SELEC 1';
END $$;

CREATE FUNCTION bad_dynamic_into() RETURNS int LANGUAGE plpgsql AS $$
DECLARE a int; b int;
BEGIN
    EXECUTE 'SELECT id FROM users' INTO a, b;
    RETURN a + b;
END $$;

CREATE FUNCTION bad_using() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'DELETE FROM users WHERE id = $1 AND name = $2' USING 1;
    EXECUTE 'DELETE FROM users WHERE id = $1' USING 1, 2;
END $$;

CREATE FUNCTION bad_format() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RAISE NOTICE '%', format('%s and %s', 1);
    RETURN format('%s', 1, 2);
END $$;

CREATE FUNCTION bad_volatile() RETURNS int LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN 1;
END $$;

CREATE FUNCTION bad_immutable() RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN (SELECT count(*) FROM users);
END $$;

CREATE FUNCTION bad_stable() RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
    DELETE FROM users;
END $$;

CREATE FUNCTION implicit_cast(v numeric) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT name FROM users WHERE age = v);
END $$;

CREATE FUNCTION bad_commit() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    COMMIT;
END $$;

CREATE PROCEDURE good_commit() LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM users;
    COMMIT;
END $$;

CREATE PROCEDURE commit_in_handler() LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        COMMIT;
    EXCEPTION WHEN others THEN
        NULL;
    END;
END $$;

CREATE FUNCTION return_query_types() RETURNS TABLE (x int, y text) LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY SELECT id FROM users;
    RETURN QUERY SELECT name, id FROM users;
    RETURN QUERY SELECT id, mail FROM users;
    RETURN QUERY SELECT id, name FROM users;
END $$;

CREATE FUNCTION return_row() RETURNS users LANGUAGE plpgsql STABLE AS $$
DECLARE r record;
BEGIN
    SELECT id, name INTO r FROM users;
    RETURN r;
END $$;

CREATE FUNCTION return_next_types() RETURNS SETOF users LANGUAGE plpgsql STABLE AS $$
DECLARE r record; u users; o orders;
BEGIN
    FOR r IN SELECT id, name FROM users LOOP
        RETURN NEXT r;
    END LOOP;
    RETURN NEXT u;
    RETURN NEXT o;
END $$;

CREATE FUNCTION return_scalar() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    RETURN 'x'::text;
END $$;

CREATE FUNCTION return_boolean() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    RETURN current_date;
END $$;

CREATE FUNCTION return_star() RETURNS int LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT id, name FROM users LIMIT 1);
END $$;

CREATE FUNCTION cursor_fields() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    c CURSOR FOR SELECT id, name FROM users;
    r record;
BEGIN
    FOR x IN c LOOP
        RAISE NOTICE '% %', x.name, x.nick;
    END LOOP;
    OPEN c;
    FETCH c INTO r;
    RAISE NOTICE '%', r.nick;
    CLOSE c;
END $$;

CREATE FUNCTION cursor_bad_query() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    c CURSOR (n int) FOR SELECT nam FROM users WHERE id = n;
BEGIN
    OPEN c(1);
    CLOSE c;
END $$;

CREATE FUNCTION cursor_unused() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    c CURSOR FOR SELECT id FROM users;
    d refcursor;
BEGIN
    NULL;
END $$;

CREATE FUNCTION cursor_fetch_into() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    c CURSOR FOR SELECT id, name FROM users;
    a int; b text; d int;
BEGIN
    OPEN c;
    FETCH c INTO a;
    FETCH c INTO a, b, d;
    FETCH c INTO a, b;
    RAISE NOTICE '% % %', a, b, d;
END $$;

CREATE FUNCTION foreach_bad() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    x int; y text; total int := 0;
BEGIN
    FOREACH x IN ARRAY 5 LOOP
        total := total + x;
    END LOOP;
    FOREACH y IN ARRAY ARRAY[1,2] LOOP
        total := total + length(y);
    END LOOP;
    RETURN total;
END $$;

CREATE FUNCTION if_not_boolean() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    IF 5 THEN
        RETURN 1;
    END IF;
    WHILE 'x'::text LOOP
        RETURN 1;
    END LOOP;
    RETURN 2;
END $$;

CREATE FUNCTION for_bounds() RETURNS int LANGUAGE plpgsql AS $$
DECLARE total int := 0;
BEGIN
    FOR i IN 1 .. 'x'::text LOOP
        total := total + i;
    END LOOP;
    FOR i IN 1 .. 10 LOOP
        total := total + 1;
    END LOOP;
    RETURN total;
END $$;

CREATE FUNCTION case_types(m mood) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    CASE m
        WHEN 'sad' THEN RETURN 1;
        WHEN 'angry' THEN RETURN 2;
        ELSE RETURN 3;
    END CASE;
END $$;

CREATE FUNCTION call_things() RETURNS void LANGUAGE plpgsql AS $$
DECLARE n int := 1;
BEGIN
    CALL move(n, 'x');
    CALL move(1, 'x');
    CALL nothing();
    CALL twice(1);
    PERFORM act(1);
    RAISE NOTICE '%', n;
END $$;

CREATE FUNCTION raise_things(a int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE NOTICE 'x %', b;
    RAISE EXCEPTION USING MESSAGE = a, ERRCODE = c;
    RAISE NOTICE 'x' USING HINT = nothing;
END $$;

CREATE FUNCTION select_without_into() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    SELECT 1;
    SELECT id FROM users;
END $$;

CREATE FUNCTION returning_into() RETURNS int LANGUAGE plpgsql AS $$
DECLARE a int; b int;
BEGIN
    INSERT INTO users (name) VALUES ('x') RETURNING id, name INTO a, b;
    UPDATE users SET agee = 1 WHERE id = a;
    DELETE FROM users WHERE id = a RETURNING nam INTO b;
    DELETE FROM users RETURNING id;
    RETURN a + b;
END $$;

CREATE FUNCTION assign_array() RETURNS int[] LANGUAGE plpgsql AS $$
DECLARE a int[]; n int;
BEGIN
    a[1] := 5;
    a[2] := 'x'::text;
    n[1] := 5;
    a := 5;
    RETURN a;
END $$;

CREATE FUNCTION assign_composite() RETURNS pair LANGUAGE plpgsql AS $$
DECLARE p pair;
BEGIN
    p.a := 1;
    p.b := 5;
    p.c := 5;
    p := 5;
    p := ROW(1, 'x');
    RETURN p;
END $$;

CREATE FUNCTION ok_temp() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    CREATE TEMP TABLE my_temp (a int);
    INSERT INTO my_temp VALUES (1);
    RETURN (SELECT count(*) FROM my_temp);
END $$;

CREATE FUNCTION pragma_temp() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    PERFORM plpgsql_check_pragma('table: my_temp (a int)');
    RETURN (SELECT count(*) FROM my_temp);
END $$;

CREATE FUNCTION diagnostics_things() RETURNS int LANGUAGE plpgsql AS $$
DECLARE n int; t text;
BEGIN
    DELETE FROM users;
    GET DIAGNOSTICS n = ROW_COUNT;
    GET DIAGNOSTICS t = ROW_COUNT;
    RETURN n;
END $$;

CREATE FUNCTION assert_things(a int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    ASSERT a, 'x';
    ASSERT a > b;
END $$;

CREATE FUNCTION unknown_variable() RETURNS int LANGUAGE plpgsql AS $$
DECLARE a int;
BEGIN
    a := nothing + 1;
    PERFORM nothing2;
    IF nothing3 > 1 THEN
        RETURN a;
    END IF;
    RETURN nothing4;
END $$;

CREATE FUNCTION never_read() RETURNS void LANGUAGE plpgsql AS $$
DECLARE r record; n int; u users;
BEGIN
    SELECT id INTO n FROM users;
    SELECT * INTO u FROM users;
    FOR r IN SELECT 1 LOOP
        NULL;
    END LOOP;
END $$;

CREATE FUNCTION unused_label() RETURNS int LANGUAGE plpgsql AS $$
<<around>>
DECLARE a int := 1;
BEGIN
    <<inner>>
    LOOP
        RETURN around.a;
    END LOOP;
END $$;

CREATE FUNCTION constant_things() RETURNS int LANGUAGE plpgsql AS $$
DECLARE c CONSTANT int := 1; n int NOT NULL := NULL; m int NOT NULL := 3;
BEGIN
    m := NULL;
    RETURN c + n + m;
END $$;

CREATE FUNCTION a1(t text, n numeric, b bigint, p pair, u users, d date) RETURNS int LANGUAGE plpgsql AS $$
DECLARE i int; s text; f float8; j jsonb; q positive; r record; m mood;
BEGIN
    i := t;
    i := n;
    i := b;
    i := d;
    s := i;
    s := p;
    f := i;
    j := t;
    q := i;
    i := q;
    m := t;
    m := 'ok';
    r := p;
    r := 5;
    p := u;
    p := (1, 2);
    p := row(1, 'x', 3);
    i := p;
    i := (SELECT 1 LIMIT 1);
    i := null;
    RETURN i + length(s) + f::int;
END $$;
CREATE FUNCTION a2() RETURNS int LANGUAGE plpgsql AS $$
DECLARE i int := 1.5; b bigint := 1; s text := 5; t text := 'x'; n int := null; v varchar := 'x'; c numeric := 1; dd date := 'now';
BEGIN
    RETURN 1.5;
END $$;
CREATE FUNCTION a3() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 'x'; END $$;
CREATE FUNCTION a4() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN '1'; END $$;
CREATE FUNCTION a5() RETURNS varchar LANGUAGE plpgsql AS $$ BEGIN RETURN 'x'; END $$;
CREATE FUNCTION a6() RETURNS pair LANGUAGE plpgsql AS $$ BEGIN RETURN (1, 'x'); END $$;
CREATE FUNCTION a7() RETURNS pair LANGUAGE plpgsql AS $$ BEGIN RETURN (1, 'x'::text, 3); END $$;
CREATE FUNCTION a8() RETURNS pair LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;
CREATE FUNCTION a9() RETURNS record LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;
CREATE FUNCTION a10() RETURNS SETOF int LANGUAGE plpgsql AS $$ BEGIN RETURN NEXT 'x'::text; RETURN NEXT 1.5; RETURN QUERY SELECT name FROM users; RETURN QUERY SELECT 1.5; RETURN; END $$;
CREATE FUNCTION a11() RETURNS SETOF users LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT * FROM users; RETURN QUERY SELECT id FROM users;  RETURN QUERY EXECUTE 'SELECT id FROM users'; END $$;
CREATE FUNCTION a12() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;
CREATE TRIGGER a12 BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION a12();
CREATE FUNCTION a13() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN ROW(1); END $$;
CREATE TRIGGER a13 BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION a13();
CREATE FUNCTION a14() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.nothing := TG_NAME; END $$;
CREATE TRIGGER a14 BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION a14();
CREATE FUNCTION a15() RETURNS int LANGUAGE plpgsql AS $$ DECLARE r record; BEGIN SELECT 1 INTO r; RETURN r; END $$;
CREATE FUNCTION a16() RETURNS int LANGUAGE plpgsql AS $$ DECLARE i int; BEGIN SELECT id INTO STRICT i FROM users; PERFORM id, name FROM users WHERE nam = 1; SELECT id::bigint INTO i FROM users; IF FOUND THEN RETURN i; END IF; RETURN 0; END $$;
CREATE FUNCTION a17(a int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN LOOP a := a + 1; EXIT WHEN a > 10; END LOOP; RETURN a; END $$;
CREATE FUNCTION a18(a int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN LOOP a := a + 1; EXIT WHEN a > 10; END LOOP; END $$;
CREATE FUNCTION a19(a int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN LOOP a := a + 1; END LOOP; END $$;
CREATE FUNCTION a20(a int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN WHILE a > 0 LOOP RETURN 1; END LOOP; END $$;
CREATE FUNCTION a21(a int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN BEGIN RETURN 1/a; EXCEPTION WHEN division_by_zero THEN a := 0; END; END $$;
CREATE FUNCTION a22(a int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN BEGIN RETURN 1/a; EXCEPTION WHEN division_by_zero THEN RETURN 0; END; END $$;
CREATE FUNCTION a23(a int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN BEGIN RAISE EXCEPTION 'x'; EXCEPTION WHEN others THEN a := 0; END; END $$;
CREATE FUNCTION a24(a int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN IF a > 0 THEN RAISE EXCEPTION 'x'; ELSE RETURN 2; END IF; END $$;
CREATE FUNCTION a25(a int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN CASE a WHEN 1 THEN RETURN 1; WHEN 2 THEN RETURN 2; END CASE; END $$;
CREATE FUNCTION a26(a int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN CASE a WHEN 1 THEN RETURN 1; ELSE RETURN 2; END CASE; PERFORM 1; END $$;
CREATE FUNCTION a27(a int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN LOOP EXIT; a := 2; END LOOP; LOOP CONTINUE; a := 3; END LOOP; END $$;
CREATE FUNCTION a28(a int) RETURNS int LANGUAGE plpgsql AS $$ DECLARE found int; "order" int; BEGIN "order" := a; found := "order"; RETURN found; END $$;
CREATE FUNCTION a29(a int, a2 text) RETURNS int LANGUAGE plpgsql AS $$ DECLARE b ALIAS FOR $1; BEGIN a2 := 'x'; RETURN b; END $$;
CREATE FUNCTION a30(INOUT a int, OUT b int) LANGUAGE plpgsql AS $$ BEGIN b := 1; END $$;
CREATE FUNCTION a31(OUT a int, OUT b text) RETURNS SETOF record LANGUAGE plpgsql AS $$ BEGIN a := 1; RETURN NEXT; RETURN QUERY SELECT 1, 'x'; RETURN QUERY SELECT 1, 'x'::text; END $$;
CREATE FUNCTION a32(OUT a int, OUT p pair) LANGUAGE plpgsql AS $$ BEGIN a := 1; END $$;
CREATE FUNCTION a33(a int, b numeric) RETURNS void LANGUAGE plpgsql AS $$ DECLARE x bigint; BEGIN SELECT count(*) INTO x FROM users WHERE id = b AND name = 'x' AND born = now() AND age = x; UPDATE users SET age = 1 WHERE id = x; END $$;
CREATE FUNCTION a34(t text, i int, c varchar) RETURNS void LANGUAGE plpgsql AS $$ DECLARE q text; BEGIN EXECUTE 'SELECT ' || i; EXECUTE 'x' || c; q := 'DELETE FROM users WHERE name = ' || quote_literal(t); EXECUTE q; q := 'DELETE FROM ' || t; EXECUTE q; EXECUTE t; EXECUTE format('select %I', upper(t)); EXECUTE concat('a', t); END $$;
CREATE FUNCTION a35(t text) RETURNS void LANGUAGE plpgsql AS $$ DECLARE r record; i int; BEGIN FOR r IN EXECUTE 'SELECT * FROM ' || t LOOP RAISE NOTICE '%', r.x; END LOOP; FOR r IN EXECUTE 'SELECT id FROM users' LOOP RAISE NOTICE '%', r.x; END LOOP;  EXECUTE 'SELECT id, name FROM users' INTO i; EXECUTE 'SELECT name FROM users' INTO i; EXECUTE 'SELECT 1'; EXECUTE 'DELETE FROM users' INTO i; END $$;
CREATE FUNCTION a36() RETURNS void LANGUAGE plpgsql AS $$ DECLARE a int; b text; r record; BEGIN FOR a IN SELECT id, name FROM users LOOP NULL; END LOOP; FOR a, b IN SELECT id FROM users LOOP NULL; END LOOP; FOR a IN SELECT name FROM users LOOP RAISE NOTICE '%', a; END LOOP; END $$;
CREATE FUNCTION a37() RETURNS void LANGUAGE plpgsql AS $$ DECLARE c CURSOR (x int, y text) FOR SELECT id FROM users WHERE id = x AND name = y; r refcursor; BEGIN OPEN c(1, 2); CLOSE c; OPEN r FOR SELECT nam FROM users; END $$;
CREATE FUNCTION a38() RETURNS void LANGUAGE plpgsql AS $$ DECLARE r refcursor; i int; BEGIN OPEN r FOR SELECT id FROM users; FETCH r INTO i; MOVE r; END $$;
CREATE FUNCTION a39() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM plpgsql_check_pragma('disable:check'); PERFORM nothing(); PERFORM plpgsql_check_pragma('enable:check'); PERFORM nothing(); END $$;
CREATE FUNCTION a40() RETURNS void LANGUAGE plpgsql AS $$ DECLARE r record; BEGIN PERFORM plpgsql_check_pragma('type: r (id int, name text)'); EXECUTE 'x' || now() INTO r; RAISE NOTICE '% %', r.id, r.nick; END $$;
CREATE FUNCTION a41() RETURNS void LANGUAGE plpgsql AS $$ BEGIN SAVEPOINT a; START TRANSACTION; VACUUM users; END $$;
CREATE FUNCTION a42() RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = 'nothing'; END $$;
CREATE FUNCTION a43() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '% %', tg_event, tg_x; END $$;
CREATE FUNCTION a44(x anyelement) RETURNS anyelement LANGUAGE plpgsql AS $$ BEGIN RETURN x + 'a'::text; END $$;
CREATE FUNCTION a45(VARIADIC x int[]) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN x[1] + $1[2] + $2; END $$;
CREATE FUNCTION a46(int, int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN $1; END $$;
CREATE FUNCTION a47() RETURNS int LANGUAGE plpgsql AS $$ DECLARE x users.age%TYPE; y x%TYPE; z rich%ROWTYPE; BEGIN x := 1; y := z.balance; RETURN y + z.nothing; END $$;
CREATE FUNCTION a48() RETURNS int LANGUAGE plpgsql AS $$ DECLARE x int; BEGIN x = (SELECT u.idd FROM users u); x = (SELECT v.id FROM users u); INSERT INTO users (name) SELECT o.note FROM orders o WHERE o.x = 1; RETURN x; END $$;
CREATE FUNCTION a49() RETURNS int LANGUAGE plpgsql AS $$ DECLARE u record; BEGIN FOR u IN SELECT u.id FROM users u LOOP RETURN u.id; END LOOP; RETURN 1; END $$;
CREATE FUNCTION a50() RETURNS void LANGUAGE plpgsql AS $$ DECLARE id int := 1; BEGIN UPDATE users SET age = id WHERE users.id = 1; INSERT INTO orders (id, total) VALUES (id, 1) ON CONFLICT (id) DO NOTHING; END $$;
