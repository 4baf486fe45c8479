//! The queries for all objects that are neither relations, types nor routines: a SELECT of one shape for each kind.

use serde_json::Value as Json;

use super::USER_SCHEMA;
use super::answers::Query;
use super::rights::{extension, owner, privileges};
use crate::catalog::entity::EntityKind;

/// What `initdb` made has lower identifiers (`FirstNormalObjectId`).
const FIRST: u32 = 16384;

/// A query for each kind, by its catalog: of one that may not be read the others are none the worse.
pub fn queries(version: u32) -> Vec<Query> {
    let mut parts = of_schemas(version);
    parts.extend(of_database());
    parts.extend(publications(version));
    parts.extend(of_server(version));
    parts.iter().map(|part| Query { what: part.class, sql: part.select() }).collect()
}

fn of_schemas(version: u32) -> Vec<Part> {
    use EntityKind::*;
    let mut operator = Part::new(Operator, "pg_operator", "pg_catalog.pg_operator x")
        .in_schema("x.oprnamespace")
        .name("x.oprname")
        .owner("x.oprowner")
        .with("left", ty("x.oprleft"))
        .with("right", ty("x.oprright"))
        .with("result", ty("x.oprresult"))
        .with("hashes", flag("x.oprcanhash"))
        .with("merges", flag("x.oprcanmerge"));
    for (word, column) in [("function", "x.oprcode"), ("restrict", "x.oprrest"), ("join", "x.oprjoin")] {
        operator = operator.with(word, routine(column));
    }
    for (word, column) in [("commutator", "oprcom"), ("negator", "oprnegate")] {
        let other = format!(
            "(SELECT pg_catalog.json_build_object('text', o.oprname) FROM pg_catalog.pg_operator o WHERE o.oid = x.{column})"
        );
        operator = operator.with(word, other);
    }
    // An operator that is only named as another's is a shell.
    let operator = operator.only("x.oprcode <> 0");
    let method =
        "(SELECT pg_catalog.json_build_object('text', am.amname) FROM pg_catalog.pg_am am WHERE am.oid = ";
    let class = Part::new(OperatorClass, "pg_opclass", "pg_catalog.pg_opclass x")
        .in_schema("x.opcnamespace")
        .name("x.opcname")
        .owner("x.opcowner")
        .with("method", format!("{method} x.opcmethod)"))
        .with("type", ty("x.opcintype"))
        .with("storage", ty("x.opckeytype"))
        .with("default", flag("x.opcdefault"))
        .with("family", entity("operator-family", "x.opcfamily", "pg_opfamily", "opfname", "opfnamespace"));
    let members = |class: &str, prefix: &str, word: &str, number: &str, value: String| {
        format!(
            "SELECT pg_catalog.json_object_agg('{word} ' || p.{number} || ' (' \
               || pg_catalog.format_type(p.{prefix}lefttype, NULL) || ', ' \
               || pg_catalog.format_type(p.{prefix}righttype, NULL) || ')', {value}) \
             FROM pg_catalog.{class} p WHERE p.{prefix}family = x.oid"
        )
    };
    let operator_member = entity("operator", "p.amopopr", "pg_operator", "oprname", "oprnamespace");
    let family = Part::new(OperatorFamily, "pg_opfamily", "pg_catalog.pg_opfamily x")
        .in_schema("x.opfnamespace")
        .name("x.opfname")
        .owner("x.opfowner")
        .with("method", format!("{method} x.opfmethod)"))
        .with_all(members("pg_amop", "amop", "operator", "amopstrategy", operator_member))
        .with_all(members("pg_amproc", "amproc", "function", "amprocnum", routine("p.amproc")));
    vec![operator, class, family, collation(version), conversion(), statistics(version)]
        .into_iter()
        .chain(text_search())
        .collect()
}

fn collation(version: u32) -> Part {
    let locale = match version {
        170_000.. => "x.colllocale",
        150_000.. => "x.colliculocale",
        // The one locale of ICU is both categories' there.
        _ => "CASE WHEN x.collprovider = 'i' THEN x.collcollate::text END",
    };
    let (collate, ctype) = match version {
        150_000.. => ("x.collcollate", "x.collctype"),
        _ => (
            "CASE WHEN x.collprovider <> 'i' THEN x.collcollate::text END",
            "CASE WHEN x.collprovider <> 'i' THEN x.collctype::text END",
        ),
    };
    let rules = if version >= 160_000 { "x.collicurules" } else { "NULL::text" };
    let provider = "CASE x.collprovider WHEN 'i' THEN 'icu' WHEN 'c' THEN 'libc' WHEN 'b' THEN 'builtin' ELSE 'default' END";
    Part::new(EntityKind::Collation, "pg_collation", "pg_catalog.pg_collation x")
        .in_schema("x.collnamespace")
        .name("x.collname")
        .owner("x.collowner")
        .with("provider", text(provider))
        .with("locale", text(locale))
        .with("collate", text(collate))
        .with("ctype", text(ctype))
        .with("rules", text(rules))
        .with("nondeterministic", flag("NOT x.collisdeterministic"))
}

fn conversion() -> Part {
    Part::new(EntityKind::Conversion, "pg_conversion", "pg_catalog.pg_conversion x")
        .in_schema("x.connamespace")
        .name("x.conname")
        .owner("x.conowner")
        .with("from", text("pg_catalog.pg_encoding_to_char(x.conforencoding)"))
        .with("to", text("pg_catalog.pg_encoding_to_char(x.contoencoding)"))
        .with("function", routine("x.conproc"))
        .with("default", flag("x.condefault"))
}

fn statistics(version: u32) -> Part {
    let expressions = match version {
        140_000.. => {
            "(SELECT pg_catalog.json_build_object('texts', pg_catalog.to_json(g.e)) \
              FROM (SELECT pg_catalog.pg_get_statisticsobjdef_expressions(x.oid) AS e) g WHERE g.e IS NOT NULL)"
        }
        _ => "NULL::json",
    };
    let kinds = "(SELECT pg_catalog.json_build_object('texts', pg_catalog.json_agg(s.kind ORDER BY s.kind)) \
          FROM (SELECT CASE k.letter WHEN 'd' THEN 'ndistinct' WHEN 'f' THEN 'dependencies' WHEN 'm' THEN 'mcv' END AS kind \
                FROM pg_catalog.unnest(x.stxkind) AS k (letter)) s WHERE s.kind IS NOT NULL HAVING pg_catalog.count(*) > 0)";
    Part::new(EntityKind::Statistics, "pg_statistic_ext", "pg_catalog.pg_statistic_ext x")
        .in_schema("x.stxnamespace")
        .name("x.stxname")
        .owner("x.stxowner")
        .with("table", relation("x.stxrelid"))
        .with("columns", columns("x.stxrelid", "x.stxkeys"))
        .with("expressions", expressions.to_owned())
        .with("kinds", kinds.to_owned())
        .with("target", text("nullif(x.stxstattarget, -1)::text"))
}

fn text_search() -> Vec<Part> {
    use EntityKind::*;
    let functions = [
        ("start", "x.prsstart"),
        ("gettoken", "x.prstoken"),
        ("end", "x.prsend"),
        ("headline", "x.prsheadline"),
        ("lextypes", "x.prslextype"),
    ];
    let parser = Part::new(TextSearchParser, "pg_ts_parser", "pg_catalog.pg_ts_parser x")
        .in_schema("x.prsnamespace")
        .name("x.prsname");
    let parser =
        functions.into_iter().fold(parser, |parser, (word, column)| parser.with(word, routine(column)));
    let template = Part::new(TextSearchTemplate, "pg_ts_template", "pg_catalog.pg_ts_template x")
        .in_schema("x.tmplnamespace")
        .name("x.tmplname")
        .with("init", routine("x.tmplinit"))
        .with("lexize", routine("x.tmpllexize"));
    // `stopwords = 'english', language = 'x'`, each value a literal.
    let options = r#"SELECT pg_catalog.json_object_agg('option ' || o.part[1],
             pg_catalog.json_build_object('text', pg_catalog.replace(o.part[2], '''''', '''')))
         FROM pg_catalog.regexp_matches(x.dictinitoption, '(\w+) = E?''((?:[^'']|'''')*)''', 'g') AS o (part)"#;
    let of_template =
        entity("text-search-template", "x.dicttemplate", "pg_ts_template", "tmplname", "tmplnamespace");
    let dictionary = Part::new(TextSearchDictionary, "pg_ts_dict", "pg_catalog.pg_ts_dict x")
        .in_schema("x.dictnamespace")
        .name("x.dictname")
        .owner("x.dictowner")
        .with("template", of_template)
        .with_all(options.to_owned());
    let mappings = "SELECT pg_catalog.json_object_agg('mapping ' || m.token, pg_catalog.json_build_object('texts', m.dictionaries)) \
        FROM (SELECT (SELECT t.alias FROM pg_catalog.ts_token_type(x.cfgparser) t WHERE t.tokid = c.maptokentype) AS token, \
                pg_catalog.json_agg(CASE WHEN dn.nspname = 'pg_catalog' THEN d.dictname::text \
                  ELSE dn.nspname || '.' || d.dictname END ORDER BY c.mapseqno) AS dictionaries \
              FROM pg_catalog.pg_ts_config_map c JOIN pg_catalog.pg_ts_dict d ON d.oid = c.mapdict \
              JOIN pg_catalog.pg_namespace dn ON dn.oid = d.dictnamespace \
              WHERE c.mapcfg = x.oid GROUP BY c.maptokentype) m";
    let of_parser = entity("text-search-parser", "x.cfgparser", "pg_ts_parser", "prsname", "prsnamespace");
    let configuration = Part::new(TextSearchConfiguration, "pg_ts_config", "pg_catalog.pg_ts_config x")
        .in_schema("x.cfgnamespace")
        .name("x.cfgname")
        .owner("x.cfgowner")
        .with("parser", of_parser)
        .with_all(mappings.to_owned());
    vec![parser, template, dictionary, configuration]
}

fn of_database() -> Vec<Part> {
    use EntityKind::*;
    let context =
        "CASE x.castcontext WHEN 'i' THEN 'implicit' WHEN 'a' THEN 'assignment' ELSE 'explicit' END";
    let cast = Part::new(Cast, "pg_cast", "pg_catalog.pg_cast x")
        .with("source", ty("x.castsource"))
        .with("target", ty("x.casttarget"))
        .with("function", routine("x.castfunc"))
        .with("context", text(context))
        .with("method", text("CASE x.castmethod WHEN 'i' THEN 'inout' WHEN 'b' THEN 'binary' END"));
    let of_language = "(SELECT pg_catalog.json_build_object('named', pg_catalog.json_build_array('language', l.lanname)) \
          FROM pg_catalog.pg_language l WHERE l.oid = x.trflang)";
    let transform = Part::new(Transform, "pg_transform", "pg_catalog.pg_transform x")
        .with("type", ty("x.trftype"))
        .with("language", of_language.to_owned())
        .with("from sql", routine("x.trffromsql"))
        .with("to sql", routine("x.trftosql"));
    let language = Part::new(Language, "pg_language", "pg_catalog.pg_language x")
        .name("x.lanname")
        .owner("x.lanowner")
        .acl("x.lanacl")
        .with("trusted", flag("x.lanpltrusted"))
        .with("handler", routine("x.lanplcallfoid"))
        .with("inline", routine("x.laninline"))
        .with("validator", routine("x.lanvalidator"));
    let method = Part::new(AccessMethod, "pg_am", "pg_catalog.pg_am x")
        .name("x.amname")
        .with("handler", routine("x.amhandler"))
        .with("type", text("CASE x.amtype WHEN 't' THEN 'table' ELSE 'index' END"));
    let enabled =
        "CASE x.evtenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END";
    let trigger = Part::new(EventTrigger, "pg_event_trigger", "pg_catalog.pg_event_trigger x")
        .name("x.evtname")
        .owner("x.evtowner")
        .with("event", text("x.evtevent"))
        .with("function", routine("x.evtfoid"))
        .with("enabled", text(enabled))
        .with("tag", texts("x.evttags"));
    let wrapper =
        Part::new(ForeignDataWrapper, "pg_foreign_data_wrapper", "pg_catalog.pg_foreign_data_wrapper x")
            .name("x.fdwname")
            .owner("x.fdwowner")
            .acl("x.fdwacl")
            .with("handler", routine("x.fdwhandler"))
            .with("validator", routine("x.fdwvalidator"))
            .with_all(options("option ", "x.fdwoptions"));
    let server = Part::new(
        Server,
        "pg_foreign_server",
        "pg_catalog.pg_foreign_server x JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = x.srvfdw",
    )
    .name("x.srvname")
    .owner("x.srvowner")
    .acl("x.srvacl")
    .with("wrapper", named("foreign-data-wrapper", "w.fdwname"))
    .with("type", text("x.srvtype"))
    .with("version", text("x.srvversion"))
    .with_all(options("option ", "x.srvoptions"));
    // The options of others' mappings may hold passwords, so the view shows them to who may see them.
    let mut mapping = Part::new(UserMapping, "pg_user_mapping", "pg_catalog.pg_user_mappings x")
        .name("x.srvname")
        .with("user", "pg_catalog.json_build_object('role', x.usename)".to_owned())
        .with("server", named("server", "x.srvname"))
        .with_all(options("option ", "x.umoptions"));
    mapping.condition = "true".to_owned();
    mapping.oid = "x.umid";
    // Not all columns of subscriptions can be read by everybody: the connection may hold a password.
    let own_database = "x.subdbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())";
    let subscription = Part::new(Subscription, "pg_subscription", "pg_catalog.pg_subscription x")
        .only(own_database)
        .name("x.subname")
        .owner("x.subowner")
        .with("enabled", flag("x.subenabled"))
        .with("no slot", flag("x.subslotname IS NULL"))
        .with("publications", texts("x.subpublications"));
    let name = "CASE x.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' \
         WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'large objects' END";
    let schema = "CASE WHEN s.oid IS NOT NULL THEN pg_catalog.json_build_object('schema', s.nspname) END";
    let role = owner("x.defaclrole");
    let role =
        format!("CASE WHEN ({role}) IS NOT NULL THEN pg_catalog.json_build_object('role', {role}) END");
    let mut defaults = Part::new(
        DefaultPrivileges,
        "pg_default_acl",
        "pg_catalog.pg_default_acl x LEFT JOIN pg_catalog.pg_namespace s ON s.oid = x.defaclnamespace",
    )
    .name(name)
    .acl("x.defaclacl")
    .with("schema", schema.to_owned())
    .with("role", role);
    // The acl's owner is the role that it is about.
    defaults.owner = "x.defaclrole";
    vec![cast, transform, language, method, trigger, wrapper, server, mapping, subscription, defaults]
}

fn publications(version: u32) -> Vec<Part> {
    use EntityKind::*;
    let generated = match version {
        180_000.. => text("CASE WHEN x.pubgencols <> 'n' THEN 'stored' END"),
        _ => "NULL::json".to_owned(),
    };
    let publish = "(SELECT pg_catalog.json_build_object('texts', pg_catalog.json_agg(v.name ORDER BY v.n)) \
        FROM (VALUES (1, 'insert', x.pubinsert), (2, 'update', x.pubupdate), (3, 'delete', x.pubdelete), \
                     (4, 'truncate', x.pubtruncate)) AS v (n, name, published) WHERE v.published)";
    let mut parts = vec![
        Part::new(Publication, "pg_publication", "pg_catalog.pg_publication x")
            .name("x.pubname")
            .owner("x.pubowner")
            .with("all tables", flag("x.puballtables"))
            .with("publish", publish.to_owned())
            .with("via partition root", flag("x.pubviaroot"))
            .with("generated columns", generated),
    ];
    let mut table = Part::new(
        PublicationTable,
        "pg_publication_rel",
        "pg_catalog.pg_publication_rel x JOIN pg_catalog.pg_publication p ON p.oid = x.prpubid",
    )
    .name("p.pubname")
    .with("table", relation("x.prrelid"));
    if version >= 150_000 {
        table = table
            .with("columns", columns("x.prrelid", "x.prattrs"))
            .with("condition", text("pg_catalog.pg_get_expr(x.prqual, x.prrelid)"));
    }
    parts.push(table);
    if version >= 150_000 {
        parts.push(
            Part::new(
                PublicationSchema,
                "pg_publication_namespace",
                "pg_catalog.pg_publication_namespace x JOIN pg_catalog.pg_publication p ON p.oid = x.pnpubid \
                 JOIN pg_catalog.pg_namespace s ON s.oid = x.pnnspid",
            )
            .name("p.pubname")
            .with("schema", "pg_catalog.json_build_object('schema', s.nspname)".to_owned()),
        );
    }
    parts
}

fn of_server(version: u32) -> Vec<Part> {
    use EntityKind::*;
    let mut role = Part::new(Role, "pg_authid", "pg_catalog.pg_roles x").name("x.rolname");
    for (word, column) in [
        ("superuser", "x.rolsuper"),
        ("createdb", "x.rolcreatedb"),
        ("createrole", "x.rolcreaterole"),
        ("inherit", "x.rolinherit"),
        ("login", "x.rolcanlogin"),
        ("replication", "x.rolreplication"),
        ("bypassrls", "x.rolbypassrls"),
    ] {
        role = role.with(word, flag(column));
    }
    let role = role
        .with("connection limit", text("CASE WHEN x.rolconnlimit <> -1 THEN x.rolconnlimit::text END"))
        .with("valid until", text("x.rolvaliduntil::text"))
        .with_all(options("set ", "x.rolconfig"));
    let mut member = Part::new(
        RoleMember,
        "pg_auth_members",
        "pg_catalog.pg_auth_members x JOIN pg_catalog.pg_roles g ON g.oid = x.roleid \
         JOIN pg_catalog.pg_roles m ON m.oid = x.member",
    )
    .name("g.rolname")
    .with("member", "pg_catalog.json_build_object('role', m.rolname)".to_owned())
    .with("admin", flag("x.admin_option"));
    member.condition = format!("(g.oid >= {FIRST} OR m.oid >= {FIRST})");
    if version >= 160_000 {
        member = member
            // What a superuser grants is the first superuser's grant, which has no name in the catalog.
            .with(
                "grantor",
                "CASE WHEN x.grantor <> 10 THEN pg_catalog.json_build_object('role', \
                 pg_catalog.pg_get_userbyid(x.grantor)) END"
                    .to_owned(),
            )
            .with("no inherit", flag("NOT x.inherit_option"))
            .with("no set", flag("NOT x.set_option"));
    } else {
        member.oid = "x.roleid";
    }
    let tablespace = Part::new(Tablespace, "pg_tablespace", "pg_catalog.pg_tablespace x")
        .name("x.spcname")
        .owner("x.spcowner")
        .acl("x.spcacl")
        .with_all(options("option ", "x.spcoptions"));
    vec![role, member, tablespace]
}

/// The parts of a SELECT for one kind.
struct Part {
    kind: EntityKind,
    schema: &'static str,
    name: &'static str,
    owner: &'static str,
    acl: &'static str,
    attributes: Vec<String>,
    from: String,
    condition: String,
    /// The catalog's name and its identifier's column, for the comment and the extension that it is part of.
    class: &'static str,
    oid: &'static str,
}

impl Part {
    fn new(kind: EntityKind, class: &'static str, from: &str) -> Part {
        Part {
            kind,
            schema: "NULL",
            name: "''",
            owner: "",
            acl: "",
            attributes: Vec::new(),
            from: from.to_owned(),
            condition: format!("x.oid >= {FIRST}"),
            class,
            oid: "x.oid",
        }
    }

    fn in_schema(mut self, column: &str) -> Part {
        self.schema = "n.nspname::text";
        self.from += &format!(" JOIN pg_catalog.pg_namespace n ON n.oid = {column}");
        self.condition = USER_SCHEMA.to_owned();
        self
    }

    fn name(mut self, column: &'static str) -> Part {
        self.name = column;
        self
    }

    fn owner(mut self, column: &'static str) -> Part {
        self.owner = column;
        self
    }

    fn acl(mut self, column: &'static str) -> Part {
        self.acl = column;
        self
    }

    fn only(mut self, condition: &str) -> Part {
        self.condition += &format!(" AND {condition}");
        self
    }

    fn with(mut self, attribute: &str, value: String) -> Part {
        self.attributes.push(format!("pg_catalog.json_build_object('{attribute}', {value})"));
        self
    }

    /// Attributes whose names are data: a query of one column with a JSON object.
    fn with_all(mut self, query: String) -> Part {
        self.attributes.push(format!("({query})"));
        self
    }

    fn select(&self) -> String {
        let Part { schema, name, class, oid, .. } = self;
        let kind = serde_json::to_value(self.kind).ok();
        let kind = kind.as_ref().and_then(Json::as_str).unwrap_or_default();
        let owner = if self.owner.is_empty() { "NULL".to_owned() } else { owner(self.owner) };
        let acl = if self.acl.is_empty() { "NULL".to_owned() } else { privileges(self.acl, self.owner) };
        let description = match self.kind.is_of_server() {
            true => format!("pg_catalog.shobj_description({oid}, '{class}')"),
            false => format!("pg_catalog.obj_description({oid}, '{class}')"),
        };
        let extension = extension(class, oid);
        format!(
            "SELECT '{kind}', {schema}, {name}::text, {owner}::text, {acl}, {description}, \
               pg_catalog.json_build_array({attributes})::text, {extension} \
             FROM {from} \
             WHERE {condition}",
            attributes = self.attributes.join(", "),
            from = self.from,
            condition = self.condition,
        )
    }
}

fn text(value: &str) -> String {
    format!("CASE WHEN {value} IS NOT NULL THEN pg_catalog.json_build_object('text', {value}) END")
}

fn texts(value: &str) -> String {
    format!("CASE WHEN {value} IS NOT NULL THEN pg_catalog.json_build_object('texts', {value}) END")
}

fn flag(condition: &str) -> String {
    format!("CASE WHEN {condition} THEN pg_catalog.to_json('flag'::text) END")
}

fn ty(oid: &str) -> String {
    format!("CASE WHEN {oid} <> 0 THEN pg_catalog.json_build_object('oid', {oid}::int8) END")
}

fn routine(oid: &str) -> String {
    format!(
        "(SELECT pg_catalog.json_build_object('routine', pg_catalog.json_build_array(fn.nspname, f.proname)) \
          FROM pg_catalog.pg_proc f JOIN pg_catalog.pg_namespace fn ON fn.oid = f.pronamespace WHERE f.oid = {oid})"
    )
}

fn relation(oid: &str) -> String {
    format!(
        "(SELECT pg_catalog.json_build_object('relation', pg_catalog.json_build_array(rn.nspname, r.relname)) \
          FROM pg_catalog.pg_class r JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace WHERE r.oid = {oid})"
    )
}

/// An object of a schema, by its catalog, and the columns of its name and schema.
fn entity(kind: &str, oid: &str, class: &str, name: &str, schema: &str) -> String {
    format!(
        "(SELECT pg_catalog.json_build_object('entity', pg_catalog.json_build_array('{kind}', mn.nspname, m.{name})) \
          FROM pg_catalog.{class} m JOIN pg_catalog.pg_namespace mn ON mn.oid = m.{schema} WHERE m.oid = {oid})"
    )
}

fn named(kind: &str, name: &str) -> String {
    format!("pg_catalog.json_build_object('named', pg_catalog.json_build_array('{kind}', {name}))")
}

/// `key=value` items as an object of texts, each name with a prefix.
fn options(prefix: &str, array: &str) -> String {
    format!(
        "SELECT pg_catalog.json_object_agg('{prefix}' || pg_catalog.split_part(o.item, '=', 1), \
           pg_catalog.json_build_object('text', pg_catalog.substr(o.item, pg_catalog.strpos(o.item, '=') + 1))) \
         FROM pg_catalog.unnest({array}) AS o (item)"
    )
}

/// The names of columns by their numbers, in that order.
fn columns(table: &str, numbers: &str) -> String {
    format!(
        "(SELECT pg_catalog.json_build_object('texts', pg_catalog.json_agg(a.attname ORDER BY k.n)) \
          FROM pg_catalog.unnest({numbers}) WITH ORDINALITY AS k (attnum, n) \
          JOIN pg_catalog.pg_attribute a ON a.attrelid = {table} AND a.attnum = k.attnum HAVING pg_catalog.count(*) > 0)"
    )
}
