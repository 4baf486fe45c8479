//! The facts about PostgreSQL itself, compared with running servers: all that a server has, and nothing that it has not.

#[path = "support/postgres.rs"]
mod postgres;

use std::collections::BTreeSet;

use pgwright::catalog::builtin::{Fact, Table, facts, type_by_name};
use pgwright::catalog::model::{EntityKind, Volatility};
use pgwright::catalog::{Member, TypeRef};

/// What the facts know of a version, a text for each object.
fn known<T: Fact>(table: &Table<T>, major: u32, text: impl Fn(&T) -> String) -> Vec<String> {
    table.all().iter().filter(|row| row.versions().contain(major)).map(text).collect()
}

/// Compares the rows of a query, their cells joined, with the facts.
fn compare(server: &postgres::Postgres, what: &str, known: Vec<String>, query: &str) {
    let major = server.major();
    let rows = server.query(query).into_iter();
    let rows = rows.map(|row| row.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>().join(" | "));
    let (found, count) = (rows.collect::<BTreeSet<_>>(), known.len());
    let known: BTreeSet<String> = known.into_iter().collect();
    assert_eq!(known.len(), count, "PostgreSQL {major}: the same fact twice among {what}");
    let wrong: Vec<String> = (found.difference(&known).map(|line| format!("missing: {line}")))
        .chain(known.difference(&found).map(|line| format!("not there: {line}")))
        .collect();
    assert!(count > 10, "next to no {what}");
    assert!(
        wrong.is_empty(),
        "{} {what} of PostgreSQL {major} are not as the facts have them (make facts):\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn text(ty: &Option<TypeRef>) -> String {
    ty.as_ref().map(TypeRef::in_signature).unwrap_or_default()
}

fn flag(truth: bool) -> &'static str {
    if truth { "t" } else { "f" }
}

fn compare_all(major: u32) {
    let server = postgres::shared(major);
    let facts = facts();
    let functions = known(&facts.functions, major, |f| {
        format!(
            "{} | {} | {} | {} | {} | {} | {} | {} | {}",
            f.name,
            f.kind,
            f.arguments_text(),
            f.result_text(),
            f.volatility,
            flag(f.strict),
            f.arguments.len(),
            f.defaults,
            flag(f.variadic)
        )
    });
    compare(
        server,
        "functions",
        functions,
        "SELECT proname, prokind, pg_get_function_arguments(oid), pg_get_function_result(oid), provolatile, \
                proisstrict, pronargs, pronargdefaults, provariadic <> 0 \
         FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace",
    );
    let operators = known(&facts.operators, major, |o| {
        format!(
            "{} | {} | {} | {} | {}",
            o.name,
            text(&o.left),
            text(&o.right),
            o.result.in_signature(),
            o.function
        )
    });
    compare(
        server,
        "operators",
        operators,
        "SELECT oprname, CASE WHEN oprleft <> 0 THEN format_type(oprleft, NULL) END, \
                CASE WHEN oprright <> 0 THEN format_type(oprright, NULL) END, format_type(oprresult, NULL), \
                (SELECT proname FROM pg_proc WHERE pg_proc.oid = oprcode) \
         FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace",
    );
    let types = known(&facts.types, major, |t| {
        let text = if t.is_of_pg_catalog() { type_by_name(t.name).in_signature() } else { t.text.to_owned() };
        assert_eq!(t.text, text);
        format!(
            "{} | {text} | {} | {} | {} | {} | {}",
            t.name,
            t.kind,
            t.category,
            flag(t.preferred),
            t.storage,
            t.collation.as_deref().unwrap_or_default()
        )
    });
    compare(
        server,
        "types",
        types,
        "SELECT typname, CASE typnamespace::regnamespace::text WHEN 'pg_catalog' THEN format_type(oid, NULL) \
                ELSE typname END, typtype, typcategory, typispreferred, typstorage, \
                (SELECT collname FROM pg_collation c WHERE c.oid = typcollation) \
         FROM pg_type WHERE typnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) \
           AND typrelid = 0 AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = pg_type.oid)",
    );
    // One setting below is Debian's own.
    let settings = known(&facts.settings, major, |s| {
        let range = if s.context == "internal" { "" } else { s.min };
        format!("{} | {} | {} | {range} | {} | {}", s.name, s.ty, s.unit, s.context, flag(s.needs_restart()))
    });
    compare(
        server,
        "settings",
        settings,
        "LOAD 'plpgsql'; \
         SELECT name, vartype, unit, CASE WHEN context <> 'internal' THEN min_val END, context, context = 'postmaster' \
         FROM pg_settings WHERE name <> 'extension_destdir'",
    );
    let columns = facts.relations.all().iter().filter(|relation| relation.versions.contain(major));
    let columns = columns.flat_map(|relation| {
        let columns = relation.columns().filter(|column| column.versions.contain(major));
        columns.map(|column| {
            format!(
                "{} | {} | {} | {}",
                relation.schema,
                relation.name,
                column.name,
                column.ty.in_signature()
            )
        })
    });
    compare(
        server,
        "columns",
        columns.collect(),
        "SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, NULL) \
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname IN ('pg_catalog', 'information_schema') AND c.relkind IN ('r', 'v') AND a.attnum > 0",
    );
    let casts =
        known(&facts.casts, major, |c| format!("{} | {} | {} | {}", c.source, c.target, c.context, c.method));
    compare(
        server,
        "casts",
        casts,
        "SELECT s.typname, t.typname, castcontext, castmethod FROM pg_cast \
         JOIN pg_type s ON s.oid = castsource JOIN pg_type t ON t.oid = casttarget",
    );
    let classes = known(&facts.classes, major, |c| {
        format!("{} | {} | {} | {} | {}", c.name, c.method, c.family, c.ty, flag(c.is_default))
    });
    compare(
        server,
        "operator classes",
        classes,
        "SELECT opcname, amname, opfname, typname, opcdefault FROM pg_opclass JOIN pg_am a ON a.oid = opcmethod \
         JOIN pg_opfamily f ON f.oid = opcfamily JOIN pg_type t ON t.oid = opcintype",
    );
    let objects = known(&facts.objects, major, |o| format!("{} | {}", o.kind, o.name));
    // Families of a name differ by their method.
    let objects: BTreeSet<String> = objects.into_iter().collect();
    compare(
        server,
        "other objects",
        objects.into_iter().collect(),
        "SELECT 'access method', amname FROM pg_am UNION SELECT 'operator family', opfname FROM pg_opfamily \
         UNION SELECT 'language', lanname FROM pg_language \
         UNION SELECT 'text search configuration', cfgname FROM pg_ts_config \
         UNION SELECT 'text search dictionary', dictname FROM pg_ts_dict \
         UNION SELECT 'text search parser', prsname FROM pg_ts_parser \
         UNION SELECT 'text search template', tmplname FROM pg_ts_template \
         UNION SELECT 'collation', collname FROM pg_collation \
         WHERE oid < 10000 OR collname = 'ucs_basic'",
    );
    let mappings = facts.objects.all().iter().filter(|object| object.versions.contain(major));
    let mappings = mappings.filter(|object| object.kind == "text search configuration");
    compare(
        server,
        "text search configurations",
        mappings.flat_map(|o| o.of.split(',').map(|token| format!("{} | {token}", o.name))).collect(),
        "SELECT cfgname, alias || '=' || string_agg(mapdict::regdictionary::text, ' ' ORDER BY mapseqno) \
         FROM pg_ts_config JOIN pg_ts_config_map ON mapcfg = pg_ts_config.oid \
         JOIN ts_token_type(cfgparser) ON tokid = maptokentype GROUP BY cfgname, alias",
    );
}

#[test]
fn facts_of_postgresql_13() {
    compare_all(13);
    compare_extensions(13);
}

#[test]
fn facts_of_postgresql_15() {
    compare_all(15);
    compare_extensions(15);
}

#[test]
fn facts_of_postgresql_18() {
    compare_all(18);
    compare_extensions(18);
}

/// What a few extensions bring, by other queries than introspection's.
fn compare_extensions(major: u32) {
    let server = postgres::shared(major);
    let database = server.fresh_database();
    let mut count = 0;
    for name in
        ["citext", "hstore", "btree_gist", "pg_stat_statements", "uuid-ossp", "postgres_fdw", "intarray"]
    {
        server.execute_in(&database, &format!("CREATE EXTENSION \"{name}\""));
        let query = format!(
            "SELECT format('%s(%s) %s %s %s', p.proname, pg_get_function_arguments(p.oid), \
                    pg_get_function_result(p.oid), p.provolatile, p.proisstrict) \
             FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e' \
             JOIN pg_extension e ON e.oid = d.refobjid WHERE e.extname = '{name}' \
             UNION ALL SELECT format('%s %s %s', o.oprname, nullif(o.oprleft, 0)::regtype, o.oprright::regtype) \
             FROM pg_operator o JOIN pg_depend d ON d.classid = 'pg_operator'::regclass AND d.objid = o.oid AND d.deptype = 'e' \
             JOIN pg_extension e ON e.oid = d.refobjid WHERE e.extname = '{name}' \
             UNION ALL SELECT format('%s version %s', extname, extversion) FROM pg_extension WHERE extname = '{name}'"
        );
        let found: BTreeSet<String> =
            server.query_in(&database, &query).into_iter().map(|row| row[0].clone().unwrap()).collect();
        let extension = facts().extension(name).unwrap();
        let members = extension.members(Some(major), &[(name.into(), "public".into())]);
        let mut known: BTreeSet<String> = members.iter().filter_map(member).collect();
        known.insert(format!("{name} version {}", extension.release(Some(major)).unwrap().version));
        assert_eq!(known, found, "{name} on PostgreSQL {major} (make facts)");
        count += found.len();
    }
    assert!(count > 300, "next to nothing was compared");
}

fn member(member: &Member) -> Option<String> {
    match member {
        Member::Routine(routine) => {
            let volatility = match routine.volatility {
                Volatility::Immutable => 'i',
                Volatility::Stable => 's',
                Volatility::Volatile => 'v',
            };
            let result = routine.result_text.as_deref().unwrap_or_default();
            let strict = flag(routine.strict);
            Some(format!("{}({}) {result} {volatility} {strict}", routine.name, routine.arguments_text))
        }
        Member::Entity(entity) if entity.kind == EntityKind::Operator => {
            let side = |name: &str| entity.get(name).map(ToString::to_string).unwrap_or_default();
            Some(format!("{} {} {}", entity.name, side("left"), side("right")))
        }
        _ => None,
    }
}
