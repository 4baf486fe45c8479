//! Random queries over the schema: most are wrong in one way or another, as what is half written is.

/// A small generator of pseudo-random numbers (xorshift64*), so that a seed tells the queries.
pub struct Generator {
    state: u64,
    /// The tables in FROM, by what they go by and what they are.
    tables: Vec<(String, usize)>,
    /// Whether the query that is being made is mostly right.
    is_sensible: bool,
}

/// A kind of expression: its letter, columns, literals, and forms with expressions of other kinds in them.
type Kind = (char, &'static [(&'static str, &'static str)], &'static [&'static str], &'static [&'static str]);

const KINDS: [Kind; 12] = [
    (
        'B',
        &[("users", "active")],
        &["true", "false", "NULL", "'t'"],
        &[
            "{I} = {I}",
            "{N} > {I}",
            "{T} LIKE {T}",
            "{T} = {T}",
            "{D} < {D}",
            "{D} >= '2024-01-01'",
            "({B} AND {B})",
            "({B} OR {B})",
            "(NOT {B})",
            "{T} IN ('a', {T})",
            "{I} IN (1, 2, {I})",
            "{N} BETWEEN {I} AND {N}",
            "{I} = ANY ({A})",
            "{J} @> '{\"a\": 1}'",
            "{A} && '{1,2}'",
            "{T} IS NULL",
            "EXISTS (SELECT 1 FROM orders q WHERE q.id = {I})",
            "{I} IN (SELECT q.id FROM orders q)",
            "{T} ~ '^a'",
            "{R} @> {I}",
            "({I}, {T}) = ({I}, {T})",
            "({I}, {I}) IN ((1, 2), (3, 4))",
            "{I} IS DISTINCT FROM {I}",
            "{B} IS TRUE",
            "{M} = 'happy'",
            "{M} < {M}",
            "starts_with({T}, {T})",
            "{J} ? 'a'",
            "{S} > INTERVAL '1 day'",
            "isempty({R})",
        ],
    ),
    (
        'I',
        &[
            ("users", "id"),
            ("users", "age"),
            ("users", "score"),
            ("orders", "id"),
            ("orders", "quantity"),
            ("orders", "user_id"),
            ("parts", "a"),
            ("active_users", "id"),
            ("active_users", "next_age"),
        ],
        &["1", "42", "NULL", "'7'", "-3", "3000000000"],
        &[
            "({I} + {I})",
            "({I} * {I})",
            "length({T})",
            "{T}::int",
            "cardinality({A})",
            "COALESCE({I}, 0)",
            "abs({I})",
            "plus({I}::int)",
            "plus({I}::int, 2)",
            "mod({I}, 3)",
            "({A})[1]",
            "CASE WHEN {B} THEN {I} ELSE {I} END",
            "GREATEST({I}, {I})",
            "NULLIF({I}, {I})",
            "array_length({A}, 1)",
            "(SELECT max(q.id) FROM orders q)",
            "first_of({A})",
            "-{I}",
            "({I} % 2)",
            "{D}::date - DATE '2024-01-01'",
            "lower({R})",
            "position('a' IN {T})",
            "plus(b => {I}::int, a => 1)",
        ],
    ),
    (
        'N',
        &[
            ("users", "balance"),
            ("users", "ratio"),
            ("orders", "total"),
            ("orders", "double_total"),
            ("parts", "c"),
        ],
        &["1.5", "2", "'3.25'", "1e3"],
        &[
            "({N} + {I})",
            "({N} / {N})",
            "round({N}::numeric, 2)",
            "{I}::numeric",
            "{I} * 1.5",
            "sqrt({N})",
            "extract(epoch FROM {D})",
            "COALESCE({N}, {I})",
            "power({N}, 2)",
            "abs({N})",
            "CASE WHEN {B} THEN {N} ELSE {I} END",
            "(SELECT avg(q.total) FROM orders q)",
            "{T}::numeric(5,2)",
            "ceil({N})",
            "trunc({N})",
            "LEAST({N}, {I})",
        ],
    ),
    (
        'T',
        &[
            ("users", "name"),
            ("users", "mail"),
            ("users", "nick"),
            ("users", "code"),
            ("orders", "note"),
            ("parts", "b"),
            ("parts", "e"),
            ("active_users", "name"),
            ("active_users", "lower_name"),
        ],
        &["'abc'", "''", "NULL", "'1'"],
        &[
            "lower({T})",
            "({T} || {T})",
            "({T} || {I})",
            "concat({T}, {I}, {D})",
            "substr({T}, 1, 2)",
            "to_char({D}, 'YYYY')",
            "({J} ->> 'a')",
            "COALESCE({T}, 'x')",
            "CASE WHEN {B} THEN {T} END",
            "{I}::text",
            "upper({T})",
            "replace({T}, 'a', 'b')",
            "plus({T}, {T})",
            "{M}::text",
            "joined(',', {T}, {T})",
            "(SELECT max(q.note) FROM orders q)",
            "format('%s', {I})",
            "array_to_string({A}, ',')",
            "split_part({T}, ',', 1)",
            "md5({T})",
            "({T})::varchar(5)",
            "quote_literal({T})",
            "({H}).street",
            "street({H})",
            "substring({T} FROM 'a.')",
            "trim({T})",
            "({T} COLLATE \"C\")",
            "regexp_replace({T}, 'a', 'b')",
            "current_user",
            "({J} #>> '{a,b}')",
            "({L})[1]",
            "jsonb_typeof({J})",
            "concat_ws(',', {T}, {I})",
        ],
    ),
    (
        'D',
        &[("users", "born"), ("users", "created_at"), ("users", "seen"), ("orders", "placed")],
        &["now()", "current_date", "'2024-01-31'::date", "TIMESTAMP '2024-01-01 10:00'"],
        &[
            "({D} + INTERVAL '1 day')",
            "date_trunc('day', {D})",
            "{D}::timestamptz",
            "({D} - {S})",
            "COALESCE({D}, now())",
            "{D}::date + 7",
            "GREATEST({D}, now())",
            "({D} AT TIME ZONE 'UTC')",
        ],
    ),
    (
        'S',
        &[("users", "pause")],
        &["INTERVAL '1 hour'", "'2 days'::interval"],
        &[
            "({S} * 2)",
            "({S} + {S})",
            "({D}::timestamptz - now())",
            "make_interval(days => 1)",
            "age({D}, {D})",
            "justify_days({S})",
        ],
    ),
    (
        'J',
        &[("users", "data")],
        &["'{\"a\": 1}'::jsonb", "'[1, 2]'::jsonb"],
        &[
            "({J} -> 'a')",
            "({J} || '{}')",
            "jsonb_build_object('a', {I})",
            "to_jsonb({T})",
            "jsonb_set({J}, '{a}', '1')",
            "({J} - 'a')",
            "({J})['a']",
            "COALESCE({J}, '{}')",
            "jsonb_build_array({I}, {T})",
        ],
    ),
    (
        'A',
        &[("users", "numbers")],
        &["ARRAY[1, 2]", "'{1,2}'::int[]"],
        &[
            "({A} || {A})",
            "array_append({A}, 3)",
            "ARRAY[1, 2, 3]",
            "({A})[1:2]",
            "pair(1, 2)",
            "array_remove({A}, 1)",
            "array_cat({A}, {A})",
            "ARRAY(SELECT q.id FROM orders q)",
        ],
    ),
    (
        'M',
        &[("users", "mood")],
        &["'happy'::mood", "'sad'::mood"],
        &["COALESCE({M}, 'ok')", "{T}::mood", "enum_first({M})", "({H}).mood", "GREATEST({M}, {M})"],
    ),
    (
        'H',
        &[("users", "home")],
        &["ROW('a', 1, 'ok')::address", "NULL::address"],
        &["COALESCE({H}, NULL)", "ROW({T}, {I}, {M})::address"],
    ),
    (
        'L',
        &[("users", "tags"), ("users", "labels")],
        &["ARRAY['a', 'b']", "'{a,b}'::text[]"],
        &["({L} || {L})", "({L} || {T})", "string_to_array({T}, ',')", "({L})[1:2]"],
    ),
    (
        'R',
        &[("users", "range")],
        &["'[1,5)'::int4range", "int4range(1, 5)"],
        &["({R} * {R})", "({R} + {R})", "range_merge({R}, {R})"],
    ),
];

const TABLES: [(&str, &[&str]); 4] = [
    (
        "users",
        &[
            "id",
            "name",
            "mail",
            "mood",
            "age",
            "score",
            "active",
            "balance",
            "ratio",
            "code",
            "nick",
            "born",
            "created_at",
            "seen",
            "at",
            "pause",
            "data",
            "raw",
            "key",
            "tags",
            "numbers",
            "labels",
            "home",
            "ip",
            "bits",
            "bin",
            "range",
            "during",
            "place",
            "search",
        ],
    ),
    ("orders", &["id", "user_id", "total", "quantity", "double_total", "placed", "note", "wide"]),
    ("parts", &["a", "b", "c", "d", "e", "f", "g", "h", "i"]),
    ("active_users", &["id", "name", "lower_name", "next_age"]),
];

const LITERALS: [&str; 30] = [
    "1",
    "0",
    "-5",
    "2.5",
    "1e3",
    "3000000000",
    "99999999999999999999",
    "true",
    "false",
    "NULL",
    "'abc'",
    "'1'",
    "''",
    "'2024-01-31'",
    "'{1,2}'",
    "'{\"a\": 1}'",
    "'happy'",
    "'t'",
    "'1 day'",
    "'[1,5)'",
    "B'101'",
    "X'1F'",
    "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
    "DATE '2024-02-01'",
    "INTERVAL '1 hour'",
    "TIMESTAMPTZ 'now'",
    "current_date",
    "now()",
    "ARRAY[1, 2]",
    "ARRAY['a', 'b']",
];

const TYPES: [&str; 34] = [
    "int",
    "bigint",
    "smallint",
    "numeric",
    "numeric(5,1)",
    "real",
    "double precision",
    "text",
    "varchar",
    "varchar(5)",
    "char(3)",
    "boolean",
    "date",
    "timestamp",
    "timestamptz",
    "interval",
    "jsonb",
    "json",
    "uuid",
    "int[]",
    "text[]",
    "mood",
    "positive",
    "email",
    "address",
    "bytea",
    "inet",
    "int4range",
    "oid",
    "name",
    "regclass",
    "\"char\"",
    "xml",
    "time",
];

const OPERATORS: [&str; 38] = [
    "+",
    "-",
    "*",
    "/",
    "%",
    "^",
    "=",
    "<>",
    "<",
    ">",
    "<=",
    ">=",
    "||",
    "->",
    "->>",
    "#>",
    "@>",
    "<@",
    "&&",
    "?",
    "~",
    "~*",
    "LIKE",
    "ILIKE",
    "@@",
    "-|-",
    "|",
    "&",
    "#",
    "<<",
    ">>",
    "===",
    "IS DISTINCT FROM",
    "AND",
    "OR",
    "AT TIME ZONE",
    "~~",
    "!~",
];

const FUNCTIONS: [&str; 84] = [
    "lower",
    "upper",
    "length",
    "abs",
    "round",
    "ceil",
    "coalesce",
    "nullif",
    "greatest",
    "concat",
    "concat_ws",
    "substr",
    "substring",
    "position",
    "replace",
    "trim",
    "split_part",
    "to_char",
    "to_date",
    "to_number",
    "now",
    "date_trunc",
    "extract",
    "age",
    "date_part",
    "make_date",
    "make_interval",
    "jsonb_build_object",
    "jsonb_agg",
    "json_agg",
    "array_agg",
    "string_agg",
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "bool_and",
    "array_length",
    "array_append",
    "array_cat",
    "array_position",
    "unnest",
    "generate_series",
    "cardinality",
    "array_to_string",
    "string_to_array",
    "regexp_replace",
    "regexp_matches",
    "md5",
    "encode",
    "decode",
    "row_to_json",
    "to_jsonb",
    "jsonb_set",
    "jsonb_typeof",
    "jsonb_array_elements",
    "jsonb_each",
    "lower_inc",
    "isempty",
    "plus",
    "first_of",
    "pair",
    "joined",
    "split",
    "street",
    "total_of",
    "users_named",
    "gen_random_uuid",
    "pg_typeof",
    "format",
    "random",
    "sqrt",
    "power",
    "mod",
    "div",
    "sign",
    "int4range",
    "tsvector_to_array",
    "to_tsvector",
    "quote_literal",
    "num_nonnulls",
    "row_number",
    "rank",
];

impl Generator {
    pub fn new(seed: u64) -> Generator {
        Generator {
            state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            tables: Vec::new(),
            is_sensible: false,
        }
    }

    fn next(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }

    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len())]
    }

    fn chance(&mut self, of_a_hundred: usize) -> bool {
        self.below(100) < of_a_hundred
    }

    pub fn query(&mut self) -> String {
        self.tables.clear();
        self.is_sensible = self.chance(75);
        match self.below(12) {
            0 => self.insert(),
            1 => self.update(),
            2 => self.set_operation(),
            _ => self.select(),
        }
    }

    fn select(&mut self) -> String {
        let from = self.from();
        let count = 1 + self.below(3);
        let mut targets: Vec<String> = (0..count).map(|_| self.expr(2)).collect();
        if self.chance(6) {
            targets[0] = "*".into();
        }
        let mut text = format!(
            "SELECT {}{} FROM {from}",
            if self.chance(5) { "DISTINCT " } else { "" },
            targets.join(", ")
        );
        if self.chance(40) {
            text += &format!(" WHERE {}", self.condition());
        }
        if self.chance(12) {
            let column = self.column();
            text += &format!(" GROUP BY {}", if self.chance(25) { "1".to_owned() } else { column });
            if self.chance(30) {
                text += &format!(" HAVING {}", self.condition());
            }
        }
        if self.chance(15) {
            let by = match self.below(4) {
                0 => "1".to_owned(),
                1 => "9".to_owned(),
                _ => self.expr(1),
            };
            text += &format!(" ORDER BY {by}");
        }
        if self.chance(8) {
            text += &format!(" LIMIT {}", self.expr(0));
        }
        text
    }

    fn set_operation(&mut self) -> String {
        let kind = self.one(&["UNION", "UNION ALL", "INTERSECT", "EXCEPT"]);
        let (one, two) = (self.expr(0), self.expr(0));
        let tables = self.from();
        let other = self.expr(1);
        let _ = (one, two);
        let literal = self.one(&LITERALS);
        format!("SELECT {other} FROM {tables} {kind} SELECT {literal}")
    }

    fn insert(&mut self) -> String {
        let table = self.below(3);
        let (name, columns) = TABLES[table];
        let count = 1 + self.below(3);
        let listed: Vec<&str> = (0..count).map(|_| self.one(columns)).collect();
        let given = if self.chance(10) { count + 1 } else { count };
        let values: Vec<String> = (0..given).map(|_| self.expr(1)).collect();
        match self.chance(50) {
            true => format!("INSERT INTO {name} ({}) VALUES ({})", listed.join(", "), values.join(", ")),
            false => format!("INSERT INTO {name} ({}) SELECT {}", listed.join(", "), values.join(", ")),
        }
    }

    fn update(&mut self) -> String {
        let table = self.below(3);
        let (name, columns) = TABLES[table];
        self.tables.push((name.to_owned(), table));
        let column = self.one(columns);
        let value = self.expr(1);
        let condition = self.condition();
        format!("UPDATE {name} SET {column} = {value} WHERE {condition}")
    }

    fn from(&mut self) -> String {
        let first = self.below(TABLES.len());
        self.tables.push((TABLES[first].0.to_owned(), first));
        if !self.chance(25) {
            return TABLES[first].0.to_owned();
        }
        let second = self.below(TABLES.len());
        self.tables.push(("o".into(), second));
        let (one, two) = (TABLES[first].0, TABLES[second].0);
        match self.below(3) {
            0 => format!("{one}, {two} o"),
            1 => format!("{one} LEFT JOIN {two} o ON {}", self.condition()),
            _ if self.chance(30) => {
                self.tables.push(("p".into(), 1));
                let kind = self.one(&["JOIN", "LEFT JOIN", "FULL JOIN"]);
                format!("{one} JOIN {two} o USING (id) {kind} orders p USING (id)")
            }
            _ => format!("{one} JOIN {two} o USING (id)"),
        }
    }

    fn column(&mut self) -> String {
        if self.tables.is_empty() {
            return self.one(&LITERALS).to_owned();
        }
        if self.chance(2) {
            return "nothing".into();
        }
        let at = self.below(self.tables.len());
        let (alias, table) = self.tables[at].clone();
        let column = self.one(TABLES[table].1);
        match self.chance(70) {
            true => format!("{alias}.{column}"),
            false => column.to_owned(),
        }
    }

    fn condition(&mut self) -> String {
        if self.is_sensible && !self.chance(3) {
            return self.typed(0, 2);
        }
        match self.below(10) {
            0 => self.expr(1),
            1 => format!("{} IS NULL", self.expr(1)),
            2 => format!("{} IN ({}, {})", self.expr(0), self.expr(0), self.expr(0)),
            3 => format!("{} BETWEEN {} AND {}", self.expr(0), self.expr(0), self.expr(0)),
            4 => format!("{} = ANY ({})", self.expr(0), self.expr(1)),
            5 => format!(
                "{} IN (SELECT {} FROM orders z)",
                self.expr(0),
                self.one(&["z.id", "z.note", "z.total", "z.id, z.note"])
            ),
            6 => format!("NOT {}", self.expr(1)),
            _ => format!("{} {} {}", self.expr(1), self.one(&["=", "<", ">", "<>", "LIKE"]), self.expr(1)),
        }
    }

    /// An expression; mostly one that makes sense.
    fn expr(&mut self, depth: usize) -> String {
        if self.is_sensible && !self.chance(3) {
            let kind = self.below(KINDS.len());
            return self.typed(kind, depth + 1);
        }
        self.wild(depth)
    }

    /// An expression of a kind (see `KINDS`), of parts that go together.
    fn typed(&mut self, kind: usize, depth: usize) -> String {
        if self.chance(1) {
            return self.wild(depth.min(1));
        }
        let (_, columns, literals, forms) = KINDS[kind];
        if depth == 0 || self.chance(25) {
            let own: Vec<String> = (self.tables.iter())
                .flat_map(|(alias, table)| {
                    let known = columns.iter().filter(|(of, _)| *of == TABLES[*table].0);
                    known.map(move |(_, column)| format!("{alias}.{column}"))
                })
                .collect();
            return match own.is_empty() || self.chance(20) {
                true => self.one(literals).to_owned(),
                false => own[self.below(own.len())].clone(),
            };
        }
        // `{I}` stands for an expression of the kind whose letter that is.
        let form = self.one(forms).to_owned();
        let mut text = String::new();
        let mut rest = form.as_str();
        while let Some((before, behind)) = rest.split_once('{') {
            text += before;
            match behind.as_bytes().get(..2) {
                Some([letter, b'}']) if letter.is_ascii_uppercase() => {
                    let letter = char::from(*letter);
                    let kind = KINDS.iter().position(|(own, ..)| *own == letter).expect("a known kind");
                    text += &self.typed(kind, depth - 1);
                    rest = &behind[2..];
                }
                _ => {
                    text.push('{');
                    rest = behind;
                }
            }
        }
        text + rest
    }

    fn wild(&mut self, depth: usize) -> String {
        if depth == 0 {
            return match self.below(3) {
                0 => self.one(&LITERALS).to_owned(),
                _ => self.column(),
            };
        }
        let inner = depth - 1;
        match self.below(20) {
            0..4 => self.expr(0),
            4..8 => format!("({} {} {})", self.expr(inner), self.one(&OPERATORS), self.expr(inner)),
            8..13 => self.call(inner),
            13 => format!("({})::{}", self.expr(inner), self.one(&TYPES)),
            14 => format!(
                "CASE WHEN {} THEN {} ELSE {} END",
                self.expr(inner),
                self.expr(inner),
                self.expr(inner)
            ),
            15 => format!("COALESCE({}, {})", self.expr(inner), self.expr(inner)),
            16 => format!("ARRAY[{}, {}]", self.expr(inner), self.expr(inner)),
            17 => format!("({})[{}]", self.expr(inner), self.one(&["1", "'a'", "1:2", "1.5"])),
            18 => format!("({}).{}", self.expr(inner), self.one(&["street", "number", "mood", "nothing"])),
            _ => match self.below(4) {
                0 => format!("ROW({}, {})", self.expr(inner), self.expr(inner)),
                1 => format!(
                    "(SELECT {} FROM orders y)",
                    self.one(&["y.id", "max(y.total)", "y.note", "'x'", "y.id, y.note"])
                ),
                2 => format!("GREATEST({}, {})", self.expr(inner), self.expr(inner)),
                _ => format!("NULLIF({}, {})", self.expr(inner), self.expr(inner)),
            },
        }
    }

    fn call(&mut self, depth: usize) -> String {
        let name = self.one(&FUNCTIONS);
        let count = match self.below(10) {
            0 => 0,
            1..6 => 1,
            6..9 => 2,
            _ => 3,
        };
        let arguments: Vec<String> = (0..count).map(|_| self.expr(depth)).collect();
        match name {
            "extract" => format!("extract({} FROM {})", self.one(&["year", "epoch"]), self.expr(depth)),
            "position" => format!("position({} IN {})", self.expr(depth), self.expr(depth)),
            "count" if self.chance(50) => "count(*)".into(),
            "coalesce" | "greatest" if arguments.is_empty() => format!("{name}(1)"),
            "nullif" => format!("nullif({}, {})", self.expr(depth), self.expr(depth)),
            "trim" if arguments.is_empty() => "trim('a')".into(),
            "row_number" | "rank" => format!("{name}({}) OVER ()", arguments.join(", ")),
            _ => format!("{name}({})", arguments.join(", ")),
        }
    }
}
