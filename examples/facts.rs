//! `make facts`: writes what PostgreSQL itself brings to src/catalog/builtin/facts/, read from servers of all versions.
//!
//! A row is an object that is the same in the versions that its first cell names: `14-16`, `14-` from 14 on, `-16` until
//! 16, nothing where all have it. What two versions have differently is two rows. Descriptions are the newest version's.
//!
//! `PGWRIGHT_FACTS_URLS` may name further servers, by URLs with a space between them and `DATABASE` in the place of the
//! database's name: what is not PostgreSQL's own of their extensions is read too.

#[path = "../tests/support/postgres.rs"]
mod postgres;

#[path = "support/extensions.rs"]
mod extensions;

use std::collections::{BTreeMap, BTreeSet};

use postgres::Postgres;

const OLDEST: u32 = 13;
const NEWEST: u32 = 18;

/// The types of pg_catalog and information_schema but arrays and relations' row types. `of` is what a range ranges
/// over, the range of a multirange, a domain's base, or the type of the parts of a type that can be subscripted. The last
/// cells are `typstorage` and the collation.
const TYPES: &str = "
    SELECT t.typname, CASE n.nspname WHEN 'pg_catalog' THEN '' ELSE n.nspname END,
           CASE WHEN n.nspname <> 'pg_catalog' OR format_type(t.oid, NULL) = t.typname THEN ''
                ELSE format_type(t.oid, NULL) END,
           t.typtype::text, t.typcategory::text, CASE WHEN t.typispreferred THEN 't' ELSE '' END,
           coalesce(s.typname, {range_of_multirange}, b.typname, e.typname, ''), t.typstorage::text,
           coalesce((SELECT c.collname FROM pg_collation c WHERE c.oid = t.typcollation), ''),
           coalesce(obj_description(t.oid, 'pg_type'), '')
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    LEFT JOIN pg_range r ON r.rngtypid = t.oid LEFT JOIN pg_type s ON s.oid = r.rngsubtype
    LEFT JOIN pg_type b ON b.oid = t.typbasetype LEFT JOIN pg_type e ON e.oid = t.typelem
    WHERE n.nspname IN ('pg_catalog', 'information_schema') AND t.typrelid = 0 AND t.typname !~ '^_'";

const CASTS: &str = "
    SELECT s.typname, t.typname, c.castcontext::text, c.castmethod::text
    FROM pg_cast c JOIN pg_type s ON s.oid = c.castsource JOIN pg_type t ON t.oid = c.casttarget
    WHERE c.oid < 16384";

/// An argument is its mode (`>` out, `<>` both, `*` variadic), its type, a name behind a space, a default behind `=`.
/// The kind of an ordered-set aggregate is followed by the number of its direct arguments.
const FUNCTIONS: &str = "
    SELECT p.proname, p.prokind::text || CASE WHEN a.aggkind <> 'n' THEN a.aggnumdirectargs::text ELSE '' END,
           coalesce((SELECT string_agg(
                   CASE p.proargmodes[n] WHEN 'o' THEN '>' WHEN 'b' THEN '<>' WHEN 'v' THEN '*' ELSE '' END || t.typname
                   || coalesce(' ' || nullif(p.proargnames[n], ''), '')
                   || coalesce('=' || pg_get_function_arg_default(p.oid, n), ''), ',' ORDER BY n)
               FROM generate_series(1, coalesce(cardinality(p.proallargtypes), p.pronargs)) n
               JOIN pg_type t ON t.oid = coalesce(p.proallargtypes[n], p.proargtypes[n - 1])), ''),
           r.typname,
           p.provolatile::text || CASE WHEN p.proisstrict THEN 't' ELSE '' END || CASE WHEN p.proretset THEN 's' ELSE '' END,
           coalesce(obj_description(p.oid, 'pg_proc'), '')
    FROM pg_proc p JOIN pg_type r ON r.oid = p.prorettype LEFT JOIN pg_aggregate a ON a.aggfnoid = p.oid
    WHERE p.pronamespace = 'pg_catalog'::regnamespace";

const OPERATORS: &str = "
    SELECT o.oprname, coalesce(l.typname, ''), coalesce(r.typname, ''), s.typname, p.proname,
           coalesce(obj_description(o.oid, 'pg_operator'), '')
    FROM pg_operator o JOIN pg_proc p ON p.oid = o.oprcode JOIN pg_type s ON s.oid = o.oprresult
    LEFT JOIN pg_type l ON l.oid = o.oprleft LEFT JOIN pg_type r ON r.oid = o.oprright
    WHERE o.oprnamespace = 'pg_catalog'::regnamespace";

const CLASSES: &str = "
    SELECT c.opcname, a.amname, f.opfname, t.typname, CASE WHEN c.opcdefault THEN 't' ELSE '' END
    FROM pg_opclass c JOIN pg_am a ON a.oid = c.opcmethod JOIN pg_type t ON t.oid = c.opcintype
    JOIN pg_opfamily f ON f.oid = c.opcfamily
    WHERE c.opcnamespace = 'pg_catalog'::regnamespace";

/// Objects of which it is enough to know that they exist, and what they belong to; of text search configurations the
/// dictionaries for each type of token. Of the collations those that do not come from the operating system or from
/// ICU's data.
const OBJECTS: &str = "
    SELECT amname, 'access method', CASE amtype WHEN 'i' THEN 'index' ELSE 'table' END,
           coalesce(obj_description(oid, 'pg_am'), '')
    FROM pg_am
    UNION ALL SELECT f.opfname, 'operator family', a.amname, ''
    FROM pg_opfamily f JOIN pg_am a ON a.oid = f.opfmethod WHERE f.opfnamespace = 'pg_catalog'::regnamespace
    UNION ALL SELECT collname, 'collation', '', coalesce(obj_description(oid, 'pg_collation'), '')
    FROM pg_collation WHERE oid < 10000 OR collname = 'ucs_basic'
    UNION ALL SELECT lanname, 'language', '', coalesce(obj_description(oid, 'pg_language'), '') FROM pg_language
    UNION ALL SELECT cfgname, 'text search configuration',
           (SELECT string_agg(token, ',') FROM (
                SELECT t.alias || '=' || string_agg(d.dictname, ' ' ORDER BY m.mapseqno) AS token
                FROM pg_ts_config_map m JOIN pg_ts_dict d ON d.oid = m.mapdict
                JOIN ts_token_type(c.cfgparser) t ON t.tokid = m.maptokentype
                WHERE m.mapcfg = c.oid GROUP BY t.tokid, t.alias ORDER BY t.tokid) tokens),
           coalesce(obj_description(oid, 'pg_ts_config'), '')
    FROM pg_ts_config c
    UNION ALL SELECT dictname, 'text search dictionary', '', coalesce(obj_description(oid, 'pg_ts_dict'), '')
    FROM pg_ts_dict
    UNION ALL SELECT prsname, 'text search parser', '', coalesce(obj_description(oid, 'pg_ts_parser'), '')
    FROM pg_ts_parser
    UNION ALL SELECT tmplname, 'text search template', '', coalesce(obj_description(oid, 'pg_ts_template'), '')
    FROM pg_ts_template";

/// What a server itself reports of its build or its moment has neither a range nor a default.
const SETTINGS: &str = "
    LOAD 'plpgsql';
    SELECT name, vartype, coalesce(unit, ''), CASE WHEN context <> 'internal' THEN coalesce(min_val, '') ELSE '' END,
           CASE WHEN context <> 'internal' THEN coalesce(max_val, '') ELSE '' END,
           coalesce(array_to_string(enumvals, ','), ''), context,
           CASE WHEN context <> 'internal' THEN coalesce(boot_val, '') ELSE '' END, category, short_desc
    FROM pg_settings";

const COLUMNS: &str = "
    SELECT c.relname, n.nspname, c.relkind::text, a.attname,
           CASE tn.nspname WHEN 'pg_catalog' THEN t.typname ELSE tn.nspname || '.' || t.typname END
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid JOIN pg_namespace tn ON tn.oid = t.typnamespace
    WHERE n.nspname IN ('pg_catalog', 'information_schema') AND c.relkind IN ('r', 'v')
    ORDER BY 1, 2, a.attnum";

fn main() {
    let servers: Vec<Postgres> = (OLDEST..=NEWEST).map(Postgres::start).collect();
    write_extensions(&servers);
    if std::env::args().any(|argument| argument == "extensions") {
        return;
    }
    // The number of cells that tell one row from another; what is behind them is description.
    for (name, query, own) in [
        ("types", TYPES, 9),
        ("casts", CASTS, 4),
        ("functions", FUNCTIONS, 5),
        ("operators", OPERATORS, 5),
        ("opclasses", CLASSES, 5),
        ("objects", OBJECTS, 3),
        ("settings", SETTINGS, 8),
    ] {
        let mut merged: BTreeMap<Vec<String>, (Majors, Vec<String>)> = BTreeMap::new();
        for server in &servers {
            for mut row in rows(server, query) {
                let description = row.split_off(own);
                let entry = merged.entry(row).or_default();
                entry.0.add(server.major());
                entry.1 = description;
            }
        }
        let rows = merged.into_iter().flat_map(|(own, (majors, description))| {
            majors.runs().into_iter().map(move |run| [vec![run], own.clone(), description.clone()].concat())
        });
        write(name, rows.collect());
    }
    write("relations", relations(&servers));
}

fn write_extensions(servers: &[Postgres]) {
    use extensions::Server;
    let plain = servers.iter().map(|server| {
        let socket = server.url("DATABASE");
        Server {
            major: server.major(),
            url: Box::new(move |name| socket.replace("DATABASE", name)),
            is_plain: true,
        }
    });
    let others = std::env::var("PGWRIGHT_FACTS_URLS").unwrap_or_default();
    let others: Vec<String> = others.split_whitespace().map(str::to_owned).collect();
    let others = others.into_iter().map(|url| {
        let url = move |name: &str| url.replace("DATABASE", name);
        Server { major: NEWEST, url: Box::new(url), is_plain: false }
    });
    let servers: Vec<Server> = plain.chain(others).collect();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/catalog/builtin/facts/extensions.tsv");
    // What no server here has stays.
    let before = std::fs::read_to_string(path).unwrap_or_default();
    let mut sections: BTreeMap<String, String> = (before.split("\n="))
        .filter_map(|section| section.trim_start_matches('=').split_once('\n'))
        .map(|(name, lines)| (name.to_owned(), lines.trim_end().to_owned() + "\n"))
        .collect();
    for (name, lines) in extensions::read(&servers) {
        let is_apart = lines.keys().any(|line| line[0] == "+" && line[5] == "t");
        let lines = lines.into_iter().flat_map(|(line, majors)| {
            let runs = if is_apart { vec![String::new()] } else { Majors(majors).runs() };
            runs.into_iter().map(move |run| format!("{run}\t{}\n", line.join("\t")))
        });
        sections.insert(name, lines.collect());
    }
    let text: String = sections.iter().map(|(name, lines)| format!("={name}\n{lines}")).collect();
    std::fs::write(path, &text).unwrap_or_else(|error| panic!("{path}: {error}"));
    println!("{path}: {} extensions, {} bytes", sections.len(), text.len());
}

/// Relations are a row each, with the versions that have a column behind its type: `name type@14-`.
fn relations(servers: &[Postgres]) -> Vec<Vec<String>> {
    #[derive(Default)]
    struct Relation {
        majors: Majors,
        columns: Vec<(String, Majors)>,
    }
    let mut merged: BTreeMap<Vec<String>, Relation> = BTreeMap::new();
    // The newest version's columns are in its order; an older one's own stand behind those that they were behind.
    for server in servers.iter().rev() {
        let mut before: Option<(Vec<String>, usize)> = None;
        for mut row in rows(server, COLUMNS) {
            let column = row.split_off(3).join(" ");
            let place = before.take().filter(|(of, _)| *of == row).map_or(0, |(_, place)| place + 1);
            let relation = merged.entry(row.clone()).or_default();
            relation.majors.add(server.major());
            let place = match relation.columns.iter().position(|(known, _)| *known == column) {
                Some(place) => place,
                None => {
                    relation.columns.insert(place, (column, Majors::default()));
                    place
                }
            };
            relation.columns[place].1.add(server.major());
            before = Some((row, place));
        }
    }
    let row = |(own, relation): (Vec<String>, Relation)| {
        let [whole] = &relation.majors.runs()[..] else { panic!("{own:?} was gone and came back") };
        let columns: Vec<String> = (relation.columns.iter())
            .flat_map(|(column, majors)| majors.runs().into_iter().map(move |run| (column, run)))
            .map(|(column, run)| if run == *whole { column.clone() } else { format!("{column}@{run}") })
            .collect();
        [vec![whole.clone()], own, vec![columns.join(",")]].concat()
    };
    merged.into_iter().map(row).collect()
}

fn rows(server: &Postgres, query: &str) -> Vec<Vec<String>> {
    let range_of_multirange = match server.major() {
        ..14 => "NULL",
        14.. => "(SELECT m.rngtypid::regtype::text FROM pg_range m WHERE m.rngmultitypid = t.oid)",
    };
    let query = query.replace("{range_of_multirange}", range_of_multirange);
    let cell = |cell: Option<String>| cell.unwrap_or_default().replace(['\t', '\n'], " ");
    server.query(&query).into_iter().map(|row| row.into_iter().map(cell).collect()).collect()
}

/// The versions that have something.
#[derive(Default)]
struct Majors(BTreeSet<u32>);

impl Majors {
    fn add(&mut self, major: u32) {
        self.0.insert(major);
    }

    /// Each run of versions as it is written.
    fn runs(&self) -> Vec<String> {
        let majors: Vec<u32> = self.0.iter().copied().collect();
        let runs = majors.chunk_by(|one, next| one + 1 == *next);
        runs.map(|run| {
            let since = if run[0] == OLDEST { String::new() } else { run[0].to_string() };
            let until = run[run.len() - 1];
            let until = if until == NEWEST { String::new() } else { until.to_string() };
            if since.is_empty() && until.is_empty() { String::new() } else { format!("{since}-{until}") }
        })
        .collect()
    }
}

fn write(name: &str, mut rows: Vec<Vec<String>>) {
    // By name; what the newest version has comes first of a name.
    rows.sort_by(|a, b| {
        (&a[1], a[0].ends_with(|c: char| c.is_ascii_digit()), &a[2..]).cmp(&(
            &b[1],
            b[0].ends_with(|c: char| c.is_ascii_digit()),
            &b[2..],
        ))
    });
    let text: String = rows.iter().map(|row| row.join("\t") + "\n").collect();
    let path = format!("{}/src/catalog/builtin/facts/{name}.tsv", env!("CARGO_MANIFEST_DIR"));
    std::fs::write(&path, &text).unwrap_or_else(|error| panic!("{path}: {error}"));
    println!("{path}: {} rows, {} bytes", rows.len(), text.len());
}
