//! What is read from a rich schema, on the oldest and the newest server at hand.

use pgwright::catalog::model::*;
use pgwright::catalog::types::TypeRef;
use pgwright::database::{connect, introspect};

use crate::{connection, postgres, settings};

const SCHEMA: &str = r#"
CREATE SCHEMA app;
COMMENT ON SCHEMA app IS 'the shop';
CREATE TYPE mood AS ENUM ('sad', 'ok');
ALTER TYPE mood ADD VALUE 'meh' BEFORE 'ok';
CREATE TYPE app.pair AS (a int, b text);
CREATE DOMAIN positive AS numeric(10, 2) DEFAULT 1 NOT NULL CONSTRAINT more_than_none CHECK (VALUE > 0);
CREATE TYPE app.span AS RANGE (subtype = timestamptz);
CREATE TYPE later;
CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email varchar(200) COLLATE "C" NOT NULL UNIQUE,
  tags text[] NOT NULL DEFAULT '{}',
  mood mood DEFAULT 'ok',
  price positive,
  "Quoted Name" timestamptz(3) DEFAULT now(),
  full_name text GENERATED ALWAYS AS (email || '!') STORED,
  gone int,
  CONSTRAINT no_spaces CHECK (position(' ' in email) = 0)
);
ALTER TABLE users DROP COLUMN gone;
COMMENT ON TABLE users IS 'who buys';
COMMENT ON COLUMN users.email IS 'where to write';
CREATE TABLE app.orders (
  id serial PRIMARY KEY,
  user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED,
  parts app.pair[],
  during app.span,
  status text NOT NULL
);
ALTER TABLE app.orders ADD CONSTRAINT known CHECK (status <> '') NOT VALID;
CREATE INDEX open_orders ON app.orders (user_id DESC, lower(status) text_pattern_ops) INCLUDE (id)
  WHERE status = 'open';
CREATE TABLE log (at date NOT NULL, what text) PARTITION BY RANGE (at);
CREATE TABLE log_2024 PARTITION OF log FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE INDEX ON log (at);
CREATE TABLE child (extra int) INHERITS (users);
CREATE UNLOGGED TABLE scratch (n int);
CREATE VIEW open AS SELECT o.id, u.email FROM app.orders o JOIN users u ON u.id = o.user_id WHERE o.status = 'open';
CREATE MATERIALIZED VIEW totals AS SELECT status, count(*) AS n FROM app.orders GROUP BY status;
CREATE FUNCTION add(a int, b int DEFAULT 2, VARIADIC rest int[] DEFAULT '{}', OUT total bigint) RETURNS bigint
  LANGUAGE sql IMMUTABLE STRICT SECURITY DEFINER AS 'SELECT a + b';
COMMENT ON FUNCTION add IS 'sums';
CREATE FUNCTION app.list() RETURNS TABLE (id int, email text) LANGUAGE plpgsql STABLE AS $$BEGIN END$$;
CREATE FUNCTION app.list(int) RETURNS SETOF users LANGUAGE sql AS 'SELECT * FROM users';
CREATE FUNCTION atomic() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END;
CREATE PROCEDURE tidy() LANGUAGE sql AS '';
CREATE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int);
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;
CREATE TRIGGER stamped BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION stamp();
INSERT INTO users (email, price) SELECT 'u' || n, 1 FROM generate_series(1, 500) n;
INSERT INTO log SELECT '2024-02-02', 'x' FROM generate_series(1, 100);
ANALYZE users, log_2024;
"#;

fn column<'a>(relation: &'a Relation, name: &str) -> &'a Column {
    relation.column(name).unwrap_or_else(|| panic!("{name} of {:?}", relation.columns))
}

async fn a_rich_schema_is_read_whole(major: u32) {
    let server = postgres::shared(major);
    let database = server.fresh_database();
    server.execute_in(&database, SCHEMA);
    let connection = connection(&server.url(&database)).await;
    let (catalog, statistics) = introspect(&connection, |_| ()).await.unwrap();

    assert_eq!(catalog.server_version.unwrap() / 10_000, major);
    assert_eq!(&*catalog.search_path, &["public".into()]);
    assert_eq!(catalog.schemas.keys().map(|name| &**name).collect::<Vec<_>>(), ["app", "public"]);
    assert_eq!(catalog.schema("app").unwrap().comment.as_deref(), Some("the shop"));
    // The comment that every database is born with says nothing; nor does plpgsql.
    assert_eq!(catalog.schema("public").unwrap().comment, None);
    assert!(catalog.extensions.is_empty());

    let users = catalog.relation(None, "users").unwrap();
    let names: Vec<_> = users.columns.iter().map(|column| &*column.name).collect();
    assert_eq!(names, ["id", "email", "tags", "mood", "price", "Quoted Name", "full_name"]);
    assert_eq!(users.comment.as_deref(), Some("who buys"));
    let types: Vec<_> = users.columns.iter().map(|column| column.ty.to_string()).collect();
    assert_eq!(
        types,
        [
            "bigint",
            "character varying(200)",
            "text[]",
            "mood",
            "positive",
            "timestamp(3) with time zone",
            "text"
        ]
    );
    assert_eq!(column(users, "id").identity, Some(Identity::Always));
    assert_eq!(column(users, "email").collation.as_deref(), Some("C"));
    assert_eq!(column(users, "email").comment.as_deref(), Some("where to write"));
    assert_eq!(column(users, "tags").default.as_deref(), Some("'{}'::text[]"));
    assert_eq!(column(users, "mood").default.as_deref(), Some("'ok'::mood"));
    assert!(column(users, "tags").not_null && !column(users, "mood").not_null);
    assert_eq!(column(users, "full_name").generated, Some(Generated::Stored));
    let kinds: Vec<_> = users.constraints.iter().map(|c| (&*c.name, c.kind, &*c.definition)).collect();
    let (not_nulls, others): (Vec<_>, Vec<_>) =
        kinds.into_iter().partition(|(_, kind, _)| *kind == ConstraintKind::NotNull);
    assert_eq!(
        others,
        [
            ("no_spaces", ConstraintKind::Check, "CHECK ((POSITION((' '::text) IN (email)) = 0))"),
            ("users_email_key", ConstraintKind::Unique, "UNIQUE (email)"),
            ("users_pkey", ConstraintKind::PrimaryKey, "PRIMARY KEY (id)")
        ]
    );
    let not_null =
        |column: &str| not_nulls.iter().any(|(.., definition)| *definition == format!("NOT NULL {column}"));
    assert_eq!(["id", "email", "tags"].map(not_null), [major == 18; 3]);
    assert_eq!(users.constraint("no_spaces").unwrap().columns, ["email".into()]);
    assert_eq!(users.triggers.len(), 1);
    assert_eq!(users.triggers[0].function, QualifiedName::new("public", "stamp"));
    assert_eq!(
        Some(&*users.triggers[0].definition),
        Some("CREATE TRIGGER stamped BEFORE UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION stamp()")
    );

    let orders = catalog.relation(Some("app"), "orders").unwrap();
    assert_eq!(column(orders, "id").default.as_deref(), Some("nextval('app.orders_id_seq'::regclass)"));
    assert_eq!(column(orders, "parts").ty, TypeRef::named("app", "pair").array_of());
    assert_eq!(column(orders, "during").ty, TypeRef::named("app", "span"));
    let foreign = orders.constraint("orders_user_id_fkey").unwrap();
    assert_eq!(
        foreign.foreign.as_ref().unwrap(),
        &ForeignKey {
            table: QualifiedName::new("public", "users"),
            columns: vec!["id".into()],
            on_delete: ForeignAction::Cascade,
            on_update: ForeignAction::SetNull,
        }
    );
    assert!(foreign.deferrable && foreign.initially_deferred && foreign.validated && foreign.enforced);
    assert!(
        foreign.definition.starts_with("FOREIGN KEY (user_id) REFERENCES users(id)"),
        "{}",
        foreign.definition
    );
    assert!(!orders.constraint("known").unwrap().validated);
    let (table, index) = catalog.index(Some("app"), "open_orders").unwrap();
    assert_eq!((&*table.name, &*index.method, index.unique, index.valid), ("orders", "btree", false, true));
    assert_eq!(
        index.keys,
        [
            IndexKey {
                target: IndexTarget::Column("user_id".into()),
                opclass: None,
                descending: true,
                nulls_first: true
            },
            IndexKey {
                target: IndexTarget::Expression("lower(status)".into()),
                opclass: Some("text_pattern_ops".into()),
                descending: false,
                nulls_first: false
            }
        ]
    );
    assert_eq!(index.include, ["id".into()]);
    assert_eq!(index.predicate.as_deref(), Some("(status = 'open'::text)"));
    assert!(catalog.index(Some("app"), "orders_pkey").unwrap().1.is_constraint && !index.is_constraint);

    let log = catalog.relation(None, "log").unwrap();
    assert_eq!(
        (log.kind, log.partition_key.as_deref()),
        (RelationKind::PartitionedTable, Some("RANGE (at)"))
    );
    let partition = catalog.relation(None, "log_2024").unwrap();
    assert_eq!(
        partition.partition_bound.as_deref(),
        Some("FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')")
    );
    assert_eq!(partition.parents, [log.qualified_name()]);
    assert_eq!(catalog.relation(None, "child").unwrap().parents, [users.qualified_name()]);
    assert_eq!(catalog.relation(None, "scratch").unwrap().persistence, Persistence::Unlogged);

    let open = catalog.relation(None, "open").unwrap();
    assert_eq!(open.kind, RelationKind::View);
    assert_eq!(
        open.reads.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["app.orders", "public.users"]
    );
    assert!(open.query.0.as_deref().unwrap().contains("JOIN users u ON"));
    assert_eq!(column(open, "email").ty.to_string(), "character varying(200)");
    assert_eq!(catalog.relation(None, "totals").unwrap().kind, RelationKind::MaterializedView);
    assert_eq!(catalog.relation(Some("app"), "orders_id_seq").unwrap().kind, RelationKind::Sequence);
    let owned_by = &catalog.relation(Some("app"), "orders_id_seq").unwrap().owned_by;
    assert_eq!(owned_by, &Some(OwnedBy { table: orders.qualified_name(), column: "id".into() }));
    assert_eq!(&*catalog.relation(None, "users_id_seq").unwrap().owned_by.as_ref().unwrap().column, "id");
    assert_eq!(catalog.relation(Some("app"), "pair").unwrap().kind, RelationKind::CompositeType);

    let types = &catalog.schema("public").unwrap().types;
    assert_eq!(types.keys().map(|name| &**name).collect::<Vec<_>>(), ["later", "mood", "positive"]);
    assert_eq!(types["mood"].kind, TypeKind::Enum { labels: vec!["sad".into(), "meh".into(), "ok".into()] });
    assert_eq!(types["later"].kind, TypeKind::Shell);
    let TypeKind::Domain { base, not_null, default, checks, .. } = &types["positive"].kind else {
        panic!("a domain")
    };
    assert_eq!(
        (base.to_string().as_str(), *not_null, default.as_deref()),
        ("numeric(10,2)", true, Some("1"))
    );
    assert_eq!(checks.len(), 1);
    assert_eq!(
        (&*checks[0].name, &*checks[0].definition),
        ("more_than_none", "CHECK ((VALUE > (0)::numeric))")
    );
    let types = &catalog.schema("app").unwrap().types;
    assert_eq!(types["pair"].kind, TypeKind::Composite);
    assert!(
        matches!(&types["span"].kind, TypeKind::Range { subtype, .. } if subtype.is_builtin("timestamptz"))
    );

    let add = &catalog.routines(None, "add")[0];
    assert_eq!(
        &*add.arguments_text,
        "a integer, b integer DEFAULT 2, VARIADIC rest integer[] DEFAULT '{}'::integer[], OUT total bigint"
    );
    assert_eq!(add.result_text.as_deref(), Some("bigint"));
    assert_eq!(add.result, Some(TypeRef::builtin("int8")));
    let modes: Vec<_> = add.arguments.iter().map(|argument| argument.mode).collect();
    assert_eq!(modes, [ArgumentMode::In, ArgumentMode::In, ArgumentMode::Variadic, ArgumentMode::Out]);
    assert_eq!(add.arguments[1].default.as_deref(), Some("2"));
    assert_eq!(add.arguments[3].default, None);
    assert_eq!((add.volatility, add.strict, add.security_definer), (Volatility::Immutable, true, true));
    assert_eq!((add.comment.as_deref(), add.body.as_deref()), (Some("sums"), Some("SELECT a + b")));
    let list = catalog.routines(Some("app"), "list");
    assert_eq!(list.len(), 2);
    assert_eq!(list[0].result_text.as_deref(), Some("TABLE(id integer, email text)"));
    assert_eq!((list[1].returns_set, list[1].result_text.as_deref()), (true, Some("SETOF users")));
    assert_eq!(catalog.routines(None, "atomic")[0].body, None);
    let tidy = &catalog.routines(None, "tidy")[0];
    assert_eq!((tidy.kind, &tidy.result, &tidy.result_text), (RoutineKind::Procedure, &None, &None));
    assert_eq!(catalog.routines(None, "total")[0].kind, RoutineKind::Aggregate);

    // Sizes: known after ANALYZE, and a partitioned table's are its partitions'.
    let size = |schema: &str, name: &str| &statistics.relations[&QualifiedName::new(schema, name)];
    assert_eq!(size("public", "users").rows, Some(500.0));
    assert_eq!(size("app", "orders").rows, None);
    assert_eq!(size("public", "log").rows, Some(100.0));
    assert_eq!(size("public", "log").bytes, size("public", "log_2024").bytes);
    let asked =
        server.query_in(&database, "SELECT pg_total_relation_size('users'), pg_relation_size('users_pkey')");
    assert_eq!(Some(size("public", "users").bytes.to_string()), asked[0][0]);
    let index = statistics.indexes[&QualifiedName::new("public", "users_pkey")];
    assert_eq!(Some(index.to_string()), asked[0][1]);

    // What PostgreSQL prints is what is stored, object by object.
    for (sql, ours) in [
        (
            "SELECT string_agg(pg_get_indexdef(indexrelid), chr(10) ORDER BY pg_get_indexdef(indexrelid) COLLATE \"C\") \
             FROM pg_index WHERE indrelid >= 16384 AND indrelid NOT IN (SELECT oid FROM pg_class WHERE relkind = 't')",
            sorted(
                catalog.relations().flat_map(|r| r.indexes.iter().map(|index| index.definition.to_string())),
            ),
        ),
        (
            "SELECT string_agg(t, chr(10) ORDER BY t COLLATE \"C\") FROM (SELECT format_type(atttypid, atttypmod) AS t \
             FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE attrelid >= 16384 AND attnum > 0 \
             AND NOT attisdropped AND relkind NOT IN ('i', 'I', 't')) x",
            sorted(catalog.relations().flat_map(|r| r.columns.iter().map(|column| column.ty.to_string()))),
        ),
    ] {
        assert_eq!(server.query_in(&database, sql)[0][0].as_deref().unwrap(), ours);
    }

    // Read again, it is the same.
    let (again, _) = introspect(&connection, |_| ()).await.unwrap();
    assert!(again == catalog);
}

fn sorted(texts: impl Iterator<Item = String>) -> String {
    let mut texts: Vec<_> = texts.collect();
    texts.sort();
    texts.join("\n")
}

#[tokio::test]
async fn a_rich_schema_is_read_whole_on_15() {
    a_rich_schema_is_read_whole(15).await;
}

#[tokio::test]
async fn a_rich_schema_is_read_whole_on_18() {
    a_rich_schema_is_read_whole(18).await;
}

#[tokio::test]
async fn what_only_newer_servers_have_is_read() {
    let server = postgres::shared(18);
    let database = server.fresh_database();
    server.execute_in(
        &database,
        "CREATE TABLE t (a int NOT NULL, b int GENERATED ALWAYS AS (a + 1), UNIQUE NULLS NOT DISTINCT (a), \
           CONSTRAINT big CHECK (a > 0) NOT ENFORCED);
         CREATE TABLE p (id int PRIMARY KEY) PARTITION BY RANGE (id);
         CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9);
         CREATE TABLE q (id int REFERENCES p);",
    );
    let connection = connection(&server.url(&database)).await;
    let (catalog, _) = introspect(&connection, |_| ()).await.unwrap();
    let t = catalog.relation(None, "t").unwrap();
    assert_eq!(column(t, "b").generated, Some(Generated::Virtual));
    assert!(t.indexes[0].nulls_not_distinct);
    assert!(!t.constraint("big").unwrap().enforced);
    assert_eq!(t.constraint("t_a_not_null").unwrap().kind, ConstraintKind::NotNull);
    assert_eq!(t.constraints.len(), 3);
    // The rows that PostgreSQL keeps for the partitions of a referenced table are nobody's constraints.
    assert_eq!(catalog.relation(None, "q").unwrap().constraints.len(), 1);
}

#[tokio::test]
async fn a_role_that_can_only_connect_reads_the_schema() {
    for major in [15, 18] {
        let server = postgres::shared(major);
        let database = server.fresh_database();
        server.execute_in(
            &database,
            &format!(
                "{SCHEMA}; DROP ROLE IF EXISTS nobody; CREATE ROLE nobody LOGIN; REVOKE ALL ON SCHEMA public, app FROM PUBLIC;
                 REVOKE ALL ON DATABASE {database} FROM PUBLIC; GRANT CONNECT ON DATABASE {database} TO nobody;"
            ),
        );
        let url = server.url(&database).replace("postgres@", "nobody@");
        let connection = connect(&settings(&url)).await.unwrap();
        let (catalog, statistics) = introspect(&connection, |_| ()).await.unwrap();
        assert_eq!(catalog.relation(Some("public"), "users").unwrap().columns.len(), 7);
        assert!(catalog.relation(Some("public"), "open").unwrap().query.0.is_some());
        assert_eq!(statistics.relations[&QualifiedName::new("public", "users")].rows, Some(500.0));
        server.execute_in(&database, &format!("REVOKE ALL ON DATABASE {database} FROM nobody"));
    }
}

#[tokio::test]
async fn a_table_that_is_being_altered_does_not_hold_up_the_rest() {
    let index = |table: &Relation| table.indexes.iter().find(|index| &*index.name == "i").unwrap().clone();
    let server = postgres::shared(15);
    let database = server.fresh_database();
    server.execute_in(&database, "CREATE TABLE a (id int DEFAULT 1, n int GENERATED ALWAYS AS (id + 1) STORED); CREATE TABLE b (id int); \
         CREATE INDEX i ON a (id) WHERE id > 1 AND n < 5; CREATE VIEW v AS SELECT * FROM a; \
         ALTER TABLE a ADD CONSTRAINT k CHECK (id > n); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'begin end'; \
         CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW WHEN (NEW.id > 1) EXECUTE FUNCTION f(); CREATE INDEX ON a ((id + 1))");
    let holder = connection(&server.url(&database)).await;
    holder.client.batch_execute("BEGIN READ WRITE; LOCK TABLE a IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let connection = connection(&server.url(&database)).await;
    let (catalog, _) = introspect(&connection, |_| ()).await.unwrap();
    let a = catalog.relation(None, "a").unwrap();
    assert_eq!(column(a, "id").default.as_deref(), Some("1"));
    assert_eq!(column(a, "n").generated, Some(Generated::Stored));
    assert_eq!(index(a).predicate.as_deref(), Some(""));
    assert_eq!(catalog.relation(None, "v").unwrap().columns.len(), 2);
    assert!(catalog.relation(None, "b").is_some());
    // With the lock gone all of it is there.
    holder.client.batch_execute("ROLLBACK").await.unwrap();
    let (catalog, _) = introspect(&connection, |_| ()).await.unwrap();
    let a = catalog.relation(None, "a").unwrap();
    assert_eq!(column(a, "n").default.as_deref(), Some("(id + 1)"));
    assert_eq!(index(a).predicate.as_deref(), Some("((id > 1) AND (n < 5))"));
    assert!(
        a.constraint("k").unwrap().definition.starts_with("CHECK") && !a.triggers[0].definition.is_empty()
    );
    assert!(catalog.relation(None, "v").unwrap().query.0.is_some());
}
