//! Expressions as a running server printed them. Many more are compared by `tests/conformance`.

use std::sync::Arc;

use super::*;

fn check(sql: &str, printed: &str) {
    let column = |name: &str, ty: TypeRef| Arc::new(Column::new(name, ty));
    let columns = [
        column("i", TypeRef::builtin("int4")),
        column("n", TypeRef::builtin("numeric")),
        column("t", TypeRef::builtin("text")),
        column("v", TypeRef::builtin("varchar")),
        column("at", TypeRef::builtin("timestamptz")),
        column("j", TypeRef::builtin("jsonb")),
        column("x", TypeRef::Unknown),
    ];
    let node = parse(sql).unwrap();
    assert_eq!(expression(&Catalog::default(), &columns, &node, None).text, printed, "{sql}");
}

#[test]
fn literals_and_casts_are_shown_as_the_server_shows_them() {
    check("t = 'open'", "(t = 'open'::text)");
    check("v = 'open'", "((v)::text = 'open'::text)");
    check("n > 0", "(n > (0)::numeric)");
    check("i > -5", "(i > '-5'::integer)");
    check("t IN ('a', 'b')", "(t = ANY (ARRAY['a'::text, 'b'::text]))");
    check(
        "v in ('a', 'b')",
        "((v)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
    );
    check("i between 1 and 5 and not t like 'a%'", "(((i >= 1) AND (i <= 5)) AND (NOT (t ~~ 'a%'::text)))");
    check("at > now() - interval '1 week'", "(at > (now() - '7 days'::interval))");
    check("coalesce(v, '') || t", "((COALESCE(v, ''::character varying))::text || t)");
    check("j ->> 'a'", "(j ->> 'a'::text)");
    check("'{}'::jsonb", "'{}'::jsonb");
    check("at at time zone 'utc'", "(at AT TIME ZONE 'utc'::text)");
    check(
        "case when i > 1 then 'a' end",
        "\nCASE\n    WHEN (i > 1) THEN 'a'::text\n    ELSE NULL::text\nEND",
    );
}

#[test]
fn what_is_not_known_is_printed_as_it_was_written() {
    check("x = 'a'", "(x = 'a'::text)");
    check("mystery(x, 'a') > 1", "(mystery(x, 'a'::text) > 1)");
    check("x::nowhere.thing", "(x)::nowhere.thing");
}

#[test]
fn printing_what_was_printed_changes_nothing() {
    for sql in [
        "(v)::text ~~ 'a'::text",
        "(i = ANY (ARRAY[1, 2]))",
        "lower((v)::text)",
        "((j -> 'a'::text) ->> 'b'::text)",
    ] {
        let node = parse(sql).unwrap();
        let columns = [
            Arc::new(Column::new("v", TypeRef::builtin("varchar"))),
            Arc::new(Column::new("i", TypeRef::builtin("int4"))),
            Arc::new(Column::new("j", TypeRef::builtin("jsonb"))),
        ];
        let once = expression(&Catalog::default(), &columns, &node, None).text;
        assert_eq!(reprint(&Catalog::default(), &columns, &once), Some(once.clone()));
    }
}
