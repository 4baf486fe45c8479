//! `make facts`: writes what PostgreSQL itself brings, read from a running server, to src/catalog/builtin/reference/.

#[path = "../tests/support/postgres.rs"]
mod postgres;

use std::fmt::Write as _;

/// The relations that every database has, with their columns.
const RELATIONS: &str = r#"
    SELECT n.nspname, c.relname, c.relkind::text,
           string_agg(quote_ident(a.attname) || ' ' || t.typname, ',' ORDER BY a.attnum)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE n.nspname IN ('pg_catalog', 'information_schema') AND c.relkind IN ('r', 'v')
    GROUP BY 1, 2, 3 ORDER BY 1, 2"#;

/// The functions that can be called from SQL: none that takes or gives what only the server can make.
const ROUTINES: &str = r#"
    SELECT p.proname, p.prokind::text, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid),
           p.provolatile::text, coalesce(obj_description(p.oid, 'pg_proc'), '')
    FROM pg_proc p
    WHERE p.pronamespace = 'pg_catalog'::regnamespace
      AND p.prorettype <> ALL ('{internal,cstring,trigger,event_trigger,language_handler,fdw_handler,index_am_handler,tsm_handler,table_am_handler}'::regtype[])
      AND NOT p.proargtypes::regtype[] && '{internal,cstring}'::regtype[]
    ORDER BY 1, 3"#;

const TYPES: &str = r#"
    SELECT t.typname, format_type(t.oid, NULL), coalesce(obj_description(t.oid, 'pg_type'), '')
    FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
    WHERE t.typnamespace = 'pg_catalog'::regnamespace AND t.typelem = 0 AND c.oid IS NULL
       OR t.typnamespace = 'pg_catalog'::regnamespace AND t.typname IN ('point', 'box', 'line', 'lseg', 'name')
    ORDER BY 1"#;

fn main() {
    let server = postgres::Postgres::start(18);
    for (name, query) in [("relations", RELATIONS), ("routines", ROUTINES), ("types", TYPES)] {
        let mut text = String::new();
        for row in server.query(query) {
            let cells: Vec<String> =
                row.into_iter().map(|cell| cell.unwrap_or_default().replace(['\t', '\n'], " ")).collect();
            let _ = writeln!(text, "{}", cells.join("\t"));
        }
        let path = format!("{}/src/catalog/builtin/reference/{name}.tsv", env!("CARGO_MANIFEST_DIR"));
        std::fs::write(&path, &text).unwrap_or_else(|error| panic!("{path}: {error}"));
        println!("{path}: {} lines, {} bytes", text.lines().count(), text.len());
    }
}
