//! What becomes of placeholders, by text and dialect.

use super::*;
use crate::syntax::Parse;

/// What the parser is given for `text`, which must parse.
fn read(text: &str, styles: &[Style]) -> String {
    let dialect = if styles.is_empty() { Dialect::UNKNOWN } else { Dialect::set(styles) };
    let parse = Parse::new(text, dialect);
    assert_eq!(parse.errors, [], "{text}");
    assert_eq!(parse.sql.len(), text.len(), "{text}");
    parse.sql.to_string()
}

#[test]
fn placeholders_keep_their_place() {
    for (text, expected) in [
        // Named with a colon, as Spring, SQLAlchemy, aiosql and psql do.
        ("select * from t where a = :name and b=:name", "select * from t where a = $1    and b=$1   "),
        ("select :a::int, x::text, y[1:2]", "select $1::int, x::text, y[1:2]"),
        ("select * from t where id in :ids and a = :b", "select * from t where id in ($1) and a = $2"),
        ("select * from t where id in (:ids)", "select * from t where id in ($1  )"),
        ("select :'x', :\"y\"", "select $1  ,  \"y\""),
        ("comment on table t is :'text'", "comment on table t is  'text'"),
        ("select * from :schema.t where :x > 1", "select * from xxxxxxx.t where $1 > 1"),
        ("insert into t select * from :tbl", "insert into t select * from xxxx"),
        ("select 1 limit :n offset :m", "select 1 limit $1 offset $2"),
        ("set search_path = :s", "set search_path = $1"),
        ("select date :'d', :d", "select date  'd', $1"),
        // Python's.
        ("insert into t values (%s, %(a_b)s)", "insert into t values ($1, $2     )"),
        ("insert into t (a) values %s", "insert into t (a) values(x)"),
        ("select * from t where a in %s", "select * from t where a in(x)"),
        ("select a %% 2 from t where b = %s", "select a %  2 from t where b = $1"),
        ("select * from t where a=%s and b like %(x)s", "select * from t where a=$1 and b like $2   "),
        (
            "select a from t where b = %s and c > now() - interval %s",
            "select a from t where b = $1 and c > now() - interval ''",
        ),
        // JDBC, knex.
        ("select * from t where a = ? and b=?", "select * from t where a = x and b=x"),
        ("insert into t values (?, ?)", "insert into t values (x, x)"),
        ("select ?::int, a->?, ?||?", "select x::int, a->x, x||x"),
        ("select ?? from ?? where a = ?", "select xx from xx where a = x"),
        // pgx, pg-promise.
        ("select * from t where a = $name", "select * from t where a = $1   "),
        ("select * from t where a in ($1:csv) and b = $2", "select * from t where a in ($1    ) and b = $2"),
        ("select $(a), $<b>, $/c/, $[d]", "select $1  , $2  , $3  , $4  "),
        ("insert into ${table} values (${a})", "insert into xxxxxxxx values ($1  )"),
        // Templates.
        ("select * from {t} where a = {a}", "select * from xxx where a = $1 "),
        ("select * from t where a = #{a.b} order by {c}", "select * from t where a = $1     order by $2 "),
        ("select * from log_{year}_x", "select * from xxxxxxxxxxxx"),
        (
            "select * from {{ ref }} {% if x %} where a = 1 {% endif %}",
            "select * from xxxxxxxxx            where a = 1            ",
        ),
        // sqlc.
        ("select sqlc.arg(x), sqlc.narg('x')", "select $1         , $1            "),
        (
            "select * from t where id in (sqlc.slice('ids'))",
            "select * from t where id in ($1               )",
        ),
        ("select sqlc.embed(t), a from t", "select           (t), a from t"),
        // Not placeholders.
        ("select a[1:n], b[:n] from t where a = $1", "select a[1:n], b[:n] from t where a = $1"),
        ("select @x, a @> b, c ? 'd', e ?| f, g % s", "select @x, a @> b, c ? 'd', e ?| f, g % s"),
        ("select ':a', \"@b\", $$ %s $$ /* ? */ -- {x}", "select ':a', \"@b\", $$ %s $$ /* ? */ -- {x}"),
        ("select json_object('a' : b)", "select json_object('a' : b)"),
        ("select a @ b, a =@id, a =%s from t", "select a @ b, a =@id, a =%s from t"),
        // One that is certain tells of the others.
        ("select a[:i] from t where x = :x", "select a[$1] from t where x = $2"),
        ("select ? - 1 from t where a = ?", "select x - 1 from t where a = x"),
        // Glued to words.
        ("select 1 where a=1 and:b", "select 1 where a=1 and x"),
        ("select 1 where a=1 and:bcd", "select 1 where a=1 and $1 "),
    ] {
        assert_eq!(read(text, &[]), expected, "{text}");
    }
}

#[test]
fn a_setting_goes_before_postgres_own_reading() {
    use Style::*;
    for (style, text, expected) in [
        (At, "select * from t where id = @id", "select * from t where id = $1 "),
        (At, "select * from t where id=@id and a >@b", "select * from t where id=$1  and a >$2"),
        (At, "select a <@ b, @c, @ d from t", "select a <@ b, $1, @ d from t"),
        (At, "select * from t where id in @ids", "select * from t where id in ($1)"),
        (At, "select @a-@b", "select $1-$2"),
        (Colon, "select a[:n], a[1:n]", "select a[$1], a[1:n]"),
        (Percent, "select a=%s, b %% 2, c%%2", "select a=$1, b %  2, c% 2"),
        (
            Question,
            "select ? , a ?| b, ?-1, ??, c ?? 'd', x=?1",
            "select x , a ?| b, x-1, xx, c ?? 'd', x=$1",
        ),
        (Dollar, "select $a", "select $1"),
        (Sqlc, "select @a, sqlc.arg(a)", "select $1, $1         "),
    ] {
        assert_eq!(read(text, &[style]), expected, "{text}");
    }
    // What a setting does not name is no placeholder.
    assert_eq!(Parse::new("select :a", Dialect::set(&[At])).errors[0].span, Span::new(7, 8));
}

#[test]
fn nothing_takes_a_stand_in_for_a_name_or_another_parameter() {
    let many: Vec<String> = (0..12).map(|_| "%s".into()).collect();
    for (text, numbers) in [
        ("select ? , - ?, f(?)", vec![1, 2, 3]),
        (&format!("select {}", many.join(", ")), (1..13).collect()),
        ("select * from t where a in %s and b = %s", vec![1, 2]),
        ("select $3, :a, :b, :a", vec![3, 4, 5, 4]),
    ] {
        let parse = Parse::new(text, Dialect::UNKNOWN);
        let shown = format!("{:?}", parse.nodes().collect::<Vec<_>>());
        let found: Vec<u32> = shown
            .split("ParamRef { number: ")
            .skip(1)
            .map(|rest| rest.split(',').next().unwrap().parse().unwrap())
            .collect();
        assert_eq!(found, numbers, "{text}: {shown}");
        assert!(!shown.contains("\"x\""), "{shown}");
        let of_parameters: Vec<u32> = parse.parameters.iter().map(|parameter| parameter.number).collect();
        assert_eq!(of_parameters, numbers);
        assert_eq!(Parse::new(&parse.executable(), Dialect::set(&[])).errors, [], "{}", parse.executable());
    }
}

#[test]
fn comments_tell_of_styles() {
    for (comment, style) in [
        ("-- name: GetUser :one\n", Some(Style::Sqlc)),
        ("/* name: GetUser :exec */", Some(Style::Sqlc)),
        ("-- license\n\n--name: get_user^\n", Some(Style::Colon)),
        ("-- :name get-user :? :1\n", Some(Style::Colon)),
        ("-- the name: of it\n", None),
        ("-- renames\n", None),
        ("\nname: x\n", None),
    ] {
        assert_eq!(told(comment), style.map_or(Dialect::UNKNOWN, Dialect::of), "{comment}");
    }
}

#[test]
fn an_error_names_what_was_written() {
    for (text, message, span) in [
        ("select * from t where a = :x and :y :z", "syntax error at or near \":z\"", 36..38),
        ("select * from t where a = ? and b ?", "syntax error at end of input", 35..35),
        ("select @x from from t", "syntax error at or near \"from\"", 15..19),
        ("select * frm t where a = :x", "syntax error at or near \"frm\"", 9..12),
    ] {
        let error = Parse::new(text, Dialect::UNKNOWN).errors[0].clone();
        assert_eq!((error.message.as_str(), error.span.range()), (message, span), "{text}");
    }
}
