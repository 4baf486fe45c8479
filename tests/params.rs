//! `pgwright check` over queries as tools' users write them: no placeholder is an error, and none is lost on the way.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const SCHEMA: &str =
    "create table users (id bigint primary key, name text not null, email text, tags text[], data jsonb,
  created_at timestamptz default now());
create table posts (id bigint primary key, user_id bigint references users, title text, body text, score int);
";

/// The diagnostics of `text` in a folder with this configuration: where each begins, and its message.
fn check(config: &str, text: &str) -> Vec<(usize, String)> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("schema.sql"), SCHEMA).unwrap();
    fs::write(dir.path().join("q.sql"), text).unwrap();
    fs::write(dir.path().join("pgwright.toml"), config).unwrap();
    found(dir.path())
}

fn found(dir: &Path) -> Vec<(usize, String)> {
    report(dir)["files"][0]["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|diagnostic| {
            (
                diagnostic["start"].as_u64().unwrap() as usize,
                diagnostic["message"].as_str().unwrap().to_owned(),
            )
        })
        .collect()
}

fn report(dir: &Path) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_pgwright"))
        .args(["check", "--format", "json", "q.sql"])
        .current_dir(dir)
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// Queries by tool, each with the setting its users would choose.
const QUERIES: [(&str, &str, &str); 9] = [
    (
        "sqlc",
        "sqlc",
        "-- name: GetUser :one
SELECT sqlc.embed(users), posts.title FROM users JOIN posts ON posts.user_id = users.id WHERE users.id = $1 LIMIT 1;
-- name: FindUsers :many
SELECT * FROM users WHERE name = @name AND email=@email AND id > @after::bigint ORDER BY id LIMIT @n;
-- name: UpdateUser :exec
UPDATE users SET name = COALESCE(sqlc.narg('name'), name), email = sqlc.arg(mail) WHERE id = sqlc.arg(user_id);
-- name: ByIds :many
SELECT id FROM users WHERE id IN (sqlc.slice('ids')) OR id = ANY(@more::bigint[]);
-- name: AddPosts :copyfrom
INSERT INTO posts (id, user_id, title) VALUES ($1, $2, $3);
",
    ),
    (
        "psycopg",
        "percent",
        "SELECT * FROM users WHERE id = %s AND name LIKE %(pattern)s AND id % 2 = 0;
SELECT * FROM users WHERE id=%s OR id =%(other)s;
INSERT INTO users (id, name) VALUES %s;
INSERT INTO users (id, name) VALUES (%s, %s) ON CONFLICT (id) DO UPDATE SET name = excluded.name RETURNING id;
SELECT * FROM users WHERE id IN %s AND created_at > now() - interval %s;
SELECT name FROM users WHERE id = ANY(%s) AND data @> %(data)s::jsonb LIMIT %s OFFSET %s;
SELECT id %% 2 FROM users WHERE name = %s;
",
    ),
    (
        "Spring",
        "colon",
        "SELECT u.* FROM users u WHERE u.id = :id AND u.name IN (:names) AND u.tags[1] = :tag;
SELECT id FROM users WHERE id in :ids AND (:name::text IS NULL OR name = :name);
INSERT INTO users(id, name) VALUES (:id, :name);
UPDATE users SET data = jsonb_set(data, '{a:b}', :value) WHERE id=:id;
SELECT tags[1:2], tags[:n] FROM users ORDER BY created_at LIMIT :limit OFFSET :offset;
",
    ),
    (
        "JDBC",
        "question",
        "SELECT * FROM users WHERE id = ? AND name = ?;
INSERT INTO users VALUES (?, ?, ?, ?, ?, ?);
SELECT * FROM users WHERE data ?? 'a' AND id=? AND created_at BETWEEN ? AND ?;
UPDATE users SET name=?,email=? WHERE id=?;
SELECT ?::int + 1, -?, name||? FROM users LIMIT ? OFFSET ?;
",
    ),
    (
        "Dapper",
        "at",
        "SELECT * FROM users WHERE id = @Id AND name=@Name;
SELECT * FROM users WHERE id IN @Ids AND tags <@ @Tags;
INSERT INTO users (id, name) VALUES (@Id, @Name) RETURNING id;
SELECT count(*) FROM posts WHERE score>@Min AND score<@Max LIMIT @Take;
",
    ),
    (
        "pgx",
        "at",
        "select name from users where id = $1 and email = $2::text;
insert into users (id, name) values (@id, @name) on conflict do nothing;
",
    ),
    (
        "knex",
        "question",
        "select ?? from users where ?? = ? and id in (?, ?);
select * from users where name like ? order by ?? desc limit ?;
",
    ),
    (
        "aiosql",
        "colon",
        "-- name: get_user^
-- by its id
select id, name from users where id = :id;
-- name: find
select id from users where name = :name and tags[:n] = '{}';
-- name: add!
insert into users (id, name) values (:id, :name);
",
    ),
    (
        "pg-promise",
        "dollar",
        "SELECT ${columns:name} FROM users WHERE id = $(id) AND name IN ($1:csv);
INSERT INTO users (id, name) VALUES ($<id>, $/name/);
",
    ),
];

#[test]
fn queries_of_tools_have_no_errors() {
    for (tool, setting, text) in QUERIES {
        assert_eq!(check(&format!("parameters = [\"{setting}\", \"brace\"]"), text), [], "{tool}, set");
        assert_eq!(check("", text), [], "{tool}, found out");
    }
    let templates = "select {columns} from {schema}.users where {filter};
select * from users {% if name %} where name = '{{ name }}' {% endif %};
{% macro x() %} whatever {% endmacro %};
select * from ${flyway}.posts_${year} where id = #{id,jdbcType=BIGINT};
";
    assert_eq!(check("", templates), []);
    assert_eq!(check("parameters = [\"brace\"]", templates), []);
}

/// No fix that is offered changes a placeholder: misspelt names stand beside each.
#[test]
fn fixes_leave_placeholders_alone() {
    let mut fixes_seen = 0;
    for (tool, setting, text) in QUERIES {
        for config in [String::new(), format!("parameters = [\"{setting}\", \"brace\"]")] {
            let text = text.replace("users", "userss").replace("name", "nme");
            let dir = tempfile::tempdir().unwrap();
            fs::write(dir.path().join("schema.sql"), SCHEMA).unwrap();
            fs::write(dir.path().join("q.sql"), &text).unwrap();
            fs::write(dir.path().join("pgwright.toml"), config).unwrap();
            let report = report(dir.path());
            let edits = report["files"][0]["diagnostics"]
                .as_array()
                .unwrap()
                .iter()
                .flat_map(|diagnostic| diagnostic["fixes"].as_array().unwrap())
                .flat_map(|fix| fix["edits"].as_array().unwrap());
            for edit in edits {
                let (start, end) =
                    (edit["start"].as_u64().unwrap() as usize, edit["end"].as_u64().unwrap() as usize);
                let before = text[..start].chars().next_back().unwrap_or(' ');
                assert!(!":@$%?{".contains(before), "{tool}: {} in {text}", &text[start - 1..end]);
                assert!(
                    !text[start..end].contains([':', '@', '$', '%', '?', '{']),
                    "{tool}: {}",
                    &text[start..end]
                );
                fixes_seen += 1;
            }
        }
    }
    assert!(fixes_seen > 20, "{fixes_seen}");
}

#[test]
fn what_is_wrong_beside_a_placeholder_is_found() {
    for (text, column) in [
        ("select nme from users where id = :id", "nme"),
        ("select id from users where nme = ?", "nme"),
        ("-- name: A :one\nselect nme from users where id = @id", "nme"),
        ("select id from users where id in %s and nme = %(x)s", "nme"),
    ] {
        let start = text.find(column).unwrap();
        assert_eq!(check("", text), [(start, format!("column \"{column}\" does not exist"))], "{text}");
    }
    // Whether it is a placeholder cannot be known here.
    assert_eq!(check("", "select id from users where id = @id2 or id =%s or tags[:i] = ''"), []);
}

#[test]
fn a_setting_that_cannot_be_used_is_named() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("pgwright.toml"), "\nparameters = [\"colon\", \"dolar\", 3]\n").unwrap();
    fs::write(dir.path().join("q.sql"), "select 1").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_pgwright"))
        .args(["check", "q.sql"])
        .current_dir(dir.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    for line in [
        "pgwright.toml: line 2: parameters: expected \"colon\", \"at\", \"dollar\", \"percent\", \"question\", \"brace\", \"sqlc\", found \"dolar\"",
        "pgwright.toml: line 2: parameters: expected a string, found integer",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
}
