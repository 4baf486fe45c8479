//! `pgwright.toml`: what it can say, and what is wrong with it, key by key.
//!
//! A key that cannot be used is reported with its line and left at its default; everything else still holds.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::framework::Framework;
use crate::analysis::closest;
use crate::ide::Severity;
use crate::syntax::{Dialect, Style};
use crate::text::Span;

/// The name of the configuration file, in a workspace's folder.
pub const FILE_NAME: &str = "pgwright.toml";

/// The configuration of a workspace folder, or what an editor's settings add to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// `[schema] migrations`: a folder, from the workspace's; several are a history each.
    pub migrations: Option<Vec<String>>,
    /// `[schema] files`: files with the schema, in this order.
    pub files: Option<Vec<String>>,
    /// `[schema] base`: a file with what there was before the first migration.
    pub base: Option<String>,
    /// `[schema] snapshot`: a file that `pgwright schema --out` wrote, in the place of a database that is not at hand.
    pub snapshot: Option<String>,
    /// `[schema] framework`: what runs the migrations; without it, it is found out.
    pub framework: Option<Framework>,
    pub database: DatabaseConfig,
    /// `[rules]`: by SQLSTATE or rule name.
    pub rules: BTreeMap<String, Severity>,
    /// `postgres_version`: the major version that the SQL is for.
    pub postgres_version: Option<u32>,
    /// `parameters`: the styles of placeholders; without it they are found out file by file.
    pub parameters: Option<Dialect>,
}

/// `[database]`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DatabaseConfig {
    /// A URL or a connection string. Without one the environment tells (`DATABASE_URL`, `PG*`).
    pub url: Option<String>,
    /// Whether to connect at all.
    pub enabled: Option<bool>,
    /// Milliseconds that any statement sent by pgwright may take.
    pub statement_timeout: Option<u64>,
    /// Seconds between two looks at whether the catalog changed.
    pub poll_interval: Option<u64>,
}

/// Something in a configuration file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblem {
    pub span: Span,
    /// Counts from 1.
    pub line: usize,
    /// The key with its table: `schema.migration`.
    pub key: String,
    pub message: String,
}

impl std::fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.key.as_str() {
            "" => write!(f, "line {}: {}", self.line, self.message),
            key => write!(f, "line {}: {key}: {}", self.line, self.message),
        }
    }
}

impl Config {
    /// Reads a configuration file's text.
    pub fn parse(text: &str) -> (Config, Vec<ConfigProblem>) {
        let mut reader = Reader { text, problems: Vec::new() };
        let mut config = Config::default();
        // A line that is not TOML is reported and left out, so that the others still count.
        let mut rest = text.to_owned();
        for _ in 0..=text.lines().count() {
            match DeTable::parse(&rest) {
                Ok(table) => {
                    reader.root(table.get_ref(), &mut config);
                    break;
                }
                Err(error) => {
                    let at = error.span().map_or(0, |span| span.start).min(rest.len());
                    let start = rest[..at].rfind('\n').map_or(0, |n| n + 1);
                    let end = rest[at..].find('\n').map_or(rest.len(), |n| at + n);
                    let blank = " ".repeat(end - start);
                    reader.problem(Span::new(at, end.max(at)), "", error.message().to_owned());
                    if rest[start..end].trim().is_empty() {
                        break;
                    }
                    rest.replace_range(start..end, &blank);
                }
            }
        }
        (config, reader.problems)
    }

    /// The settings of an editor (the section `pgwright`) in the same shape. What is not understood is named.
    pub fn from_settings(settings: &serde_json::Value) -> (Config, Vec<String>) {
        let mut config = Config::default();
        let mut problems = Vec::new();
        let text = |value: &serde_json::Value, key: &str, problems: &mut Vec<String>| match value.pointer(key)
        {
            None | Some(serde_json::Value::Null) => None,
            Some(serde_json::Value::String(text)) if text.is_empty() => None,
            Some(serde_json::Value::String(text)) => Some(text.clone()),
            Some(other) => {
                let name = key[1..].replace('/', ".");
                problems.push(format!("pgwright.{name}: expected a string, found {other}"));
                None
            }
        };
        config.database.url = text(settings, "/database/url", &mut problems);
        config.base = text(settings, "/schema/base", &mut problems);
        config.snapshot = text(settings, "/schema/snapshot", &mut problems);
        config.migrations = match settings.pointer("/schema/migrations") {
            // An editor sends an empty list where nothing is set.
            Some(serde_json::Value::Array(folders)) => {
                let folders: Vec<String> =
                    folders.iter().filter_map(|folder| folder.as_str().map(str::to_owned)).collect();
                (!folders.is_empty()).then_some(folders)
            }
            _ => text(settings, "/schema/migrations", &mut problems).map(|folder| vec![folder]),
        };
        if let Some(word) = text(settings, "/schema/framework", &mut problems) {
            config.framework = Framework::parse(&word);
            if config.framework.is_none() {
                problems.push(format!("pgwright.schema.framework: {}", framework_problem(&word)));
            }
        }
        match settings.pointer("/database/enabled") {
            None | Some(serde_json::Value::Null) => {}
            Some(serde_json::Value::Bool(enabled)) => config.database.enabled = Some(*enabled),
            Some(other) => {
                problems.push(format!("pgwright.database.enabled: expected true or false, found {other}"))
            }
        }
        match settings.pointer("/schema/files") {
            None | Some(serde_json::Value::Null) => {}
            Some(serde_json::Value::Array(files)) => {
                let files: Vec<String> =
                    files.iter().filter_map(|file| file.as_str().map(str::to_owned)).collect();
                config.files = (!files.is_empty()).then_some(files);
            }
            Some(other) => {
                problems.push(format!("pgwright.schema.files: expected a list of files, found {other}"))
            }
        }
        match settings.pointer("/rules") {
            None | Some(serde_json::Value::Null) => {}
            Some(serde_json::Value::Object(rules)) => {
                for (rule, severity) in rules {
                    match severity.as_str().and_then(Severity::parse) {
                        Some(severity) => {
                            config.rules.insert(rule.clone(), severity);
                        }
                        None => {
                            problems.push(format!("pgwright.rules.{rule}: {SEVERITIES}, found {severity}"))
                        }
                    }
                }
            }
            Some(other) => problems.push(format!("pgwright.rules: expected an object, found {other}")),
        }
        match settings.pointer("/parameters") {
            None | Some(serde_json::Value::Null) => {}
            // An editor sends an empty list where nothing is set.
            Some(serde_json::Value::Array(words)) if words.is_empty() => {}
            Some(serde_json::Value::Array(words)) => {
                let mut styles = Vec::new();
                for word in words {
                    match word.as_str().and_then(Style::parse) {
                        Some(style) => styles.push(style),
                        None => {
                            problems.push(format!("pgwright.parameters: {}, found {word}", style_words()))
                        }
                    }
                }
                config.parameters = Some(Dialect::set(&styles));
            }
            Some(other) => {
                problems.push(format!("pgwright.parameters: expected a list of strings, found {other}"))
            }
        }
        (config, problems)
    }

    /// This configuration with what `over` says put in the place of what it says.
    pub fn overlaid(&self, over: &Config) -> Config {
        let mut rules = self.rules.clone();
        rules.extend(over.rules.iter().map(|(rule, severity)| (rule.clone(), *severity)));
        // Naming a folder replaces named files, and the reverse.
        let schema = if over.migrations.is_some() || over.files.is_some() { over } else { self };
        Config {
            migrations: schema.migrations.clone(),
            files: schema.files.clone(),
            base: over.base.clone().or_else(|| self.base.clone()),
            snapshot: over.snapshot.clone().or_else(|| self.snapshot.clone()),
            framework: over.framework.or(self.framework),
            database: DatabaseConfig {
                url: over.database.url.clone().or_else(|| self.database.url.clone()),
                enabled: over.database.enabled.or(self.database.enabled),
                statement_timeout: over.database.statement_timeout.or(self.database.statement_timeout),
                poll_interval: over.database.poll_interval.or(self.database.poll_interval),
            },
            rules,
            postgres_version: over.postgres_version.or(self.postgres_version),
            parameters: over.parameters.or(self.parameters),
        }
    }
}

const SEVERITIES: &str = "expected \"error\", \"warning\", \"information\", \"hint\" or \"off\"";

fn framework_problem(word: &str) -> String {
    let words = Framework::ALL.map(Framework::word);
    match closest(word, words).first() {
        Some(near) => format!("there is no framework \"{word}\"; did you mean \"{near}\"?"),
        None => format!("there is no framework \"{word}\"; known are {}", words.join(", ")),
    }
}

fn style_words() -> String {
    let words: Vec<String> = Style::ALL.iter().map(|style| format!("\"{}\"", style.word())).collect();
    format!("expected {}", words.join(", "))
}

struct Reader<'a> {
    text: &'a str,
    problems: Vec<ConfigProblem>,
}

type Entry<'a, 'b> = &'b Spanned<DeValue<'a>>;

impl Reader<'_> {
    fn problem(&mut self, span: Span, key: &str, message: String) {
        let line = self.text[..span.start.min(self.text.len())].matches('\n').count() + 1;
        self.problems.push(ConfigProblem { span, line, key: key.to_owned(), message });
    }

    fn root(&mut self, table: &DeTable, config: &mut Config) {
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "schema" => self.table(value, "schema", |reader, name, span, value| match name {
                    "migrations" => config.migrations = reader.strings("schema.migrations", value),
                    "files" => config.files = reader.strings("schema.files", value),
                    "base" => config.base = reader.string("schema.base", value),
                    "snapshot" => config.snapshot = reader.string("schema.snapshot", value),
                    "framework" => config.framework = reader.framework(value),
                    _ => {
                        let keys = ["migrations", "files", "base", "framework", "snapshot"];
                        reader.unknown(span, "schema", name, &keys);
                    }
                }),
                "database" => self.table(value, "database", |reader, name, span, value| match name {
                    "url" => config.database.url = reader.string("database.url", value),
                    "enabled" => config.database.enabled = reader.boolean("database.enabled", value),
                    "statement_timeout" => {
                        config.database.statement_timeout =
                            reader.integer("database.statement_timeout", value, 1, 600_000);
                    }
                    "poll_interval" => {
                        config.database.poll_interval =
                            reader.integer("database.poll_interval", value, 1, 86_400);
                    }
                    _ => reader.unknown(
                        span,
                        "database",
                        name,
                        &["url", "enabled", "statement_timeout", "poll_interval"],
                    ),
                }),
                "rules" => self.table(value, "rules", |reader, name, _, value| {
                    let key = format!("rules.{name}");
                    if let Some(text) = reader.string(&key, value) {
                        match Severity::parse(&text) {
                            Some(severity) => {
                                config.rules.insert(name.to_owned(), severity);
                            }
                            None => {
                                reader.problem(span(value), &key, format!("{SEVERITIES}, found \"{text}\""))
                            }
                        }
                    }
                }),
                "parameters" => {
                    if let Some(styles) = self.styles(value) {
                        config.parameters = Some(Dialect::set(&styles));
                    }
                }
                "postgres_version" => {
                    // A version is a number to some and a text to others.
                    let number = match value.get_ref() {
                        DeValue::String(text) => text.parse().ok(),
                        DeValue::Integer(number) => number.as_str().parse().ok(),
                        _ => None,
                    };
                    match number {
                        Some(version @ 13..=18) => config.postgres_version = Some(version),
                        _ => self.problem(
                            span(value),
                            "postgres_version",
                            "expected a major version from 13 to 18".into(),
                        ),
                    }
                }
                name => {
                    let at = Span::new(key.span().start, key.span().end);
                    self.unknown(
                        at,
                        "",
                        name,
                        &["schema", "database", "rules", "parameters", "postgres_version"],
                    );
                }
            }
        }
    }

    fn table<'a>(
        &mut self,
        value: Entry<'a, '_>,
        key: &str,
        mut each: impl FnMut(&mut Self, &str, Span, Entry<'a, '_>),
    ) {
        match value.get_ref() {
            DeValue::Table(table) => {
                for (name, value) in table {
                    each(self, name.get_ref(), Span::new(name.span().start, name.span().end), value);
                }
            }
            other => self.problem(
                span(value),
                key,
                format!("expected a table `[{key}]`, found {}", other.type_str()),
            ),
        }
    }

    fn unknown(&mut self, span: Span, table: &str, name: &str, known: &[&str]) {
        let key = if table.is_empty() { name.to_owned() } else { format!("{table}.{name}") };
        let message = match closest(name, known.iter().copied()).first() {
            Some(near) => format!("there is no such key; did you mean \"{near}\"?"),
            None => format!("there is no such key; known here: {}", known.join(", ")),
        };
        self.problem(span, &key, message);
    }

    fn expected<T>(&mut self, key: &str, value: Entry, wanted: &str) -> Option<T> {
        self.problem(span(value), key, format!("expected {wanted}, found {}", value.get_ref().type_str()));
        None
    }

    fn string(&mut self, key: &str, value: Entry) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            _ => self.expected(key, value, "a string"),
        }
    }

    fn strings(&mut self, key: &str, value: Entry) -> Option<Vec<String>> {
        match value.get_ref() {
            DeValue::String(text) => Some(vec![text.to_string()]),
            DeValue::Array(items) => Some(items.iter().filter_map(|item| self.string(key, item)).collect()),
            _ => self.expected(key, value, "a list of strings"),
        }
    }

    fn framework(&mut self, value: Entry) -> Option<Framework> {
        let word = self.string("schema.framework", value)?;
        let framework = Framework::parse(&word);
        if framework.is_none() {
            self.problem(span(value), "schema.framework", framework_problem(&word));
        }
        framework
    }

    /// A list of placeholders' styles. One that is not known is reported, and the others hold.
    fn styles(&mut self, value: Entry) -> Option<Vec<Style>> {
        let DeValue::Array(items) = value.get_ref() else {
            return self.expected("parameters", value, "a list of strings");
        };
        let mut styles = Vec::new();
        for item in items {
            let Some(word) = self.string("parameters", item) else { continue };
            match Style::parse(&word) {
                Some(style) => styles.push(style),
                None => {
                    let message = format!("{}, found \"{word}\"", style_words());
                    self.problem(span(item), "parameters", message);
                }
            }
        }
        Some(styles)
    }

    fn boolean(&mut self, key: &str, value: Entry) -> Option<bool> {
        match value.get_ref() {
            DeValue::Boolean(value) => Some(*value),
            _ => self.expected(key, value, "true or false"),
        }
    }

    fn integer(&mut self, key: &str, value: Entry, least: u64, most: u64) -> Option<u64> {
        let DeValue::Integer(number) = value.get_ref() else { return self.expected(key, value, "a number") };
        match number.as_str().parse() {
            Ok(number) if (least..=most).contains(&number) => Some(number),
            _ => {
                self.problem(span(value), key, format!("expected a number from {least} to {most}"));
                None
            }
        }
    }
}

fn span(value: Entry) -> Span {
    Span::new(value.span().start, value.span().end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named_and_the_rest_holds() {
        let text = "postgres_version = 99\n[schema]\nmigration = \"db\"\nfiles = [\"a.sql\"]\n\n[rules]\n42703 = \"loud\"\n42P01 = \"off\"\nthis is no toml\n[database]\nurl = 5\nenabled = false\n";
        let (config, problems) = Config::parse(text);
        let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(config.files.as_deref(), Some(&["a.sql".to_owned()][..]));
        assert_eq!(config.database.enabled, Some(false));
        assert_eq!(config.rules.get("42P01"), Some(&Severity::Off));
        let expected = [
            "line 9: ",
            "line 11: database.url: expected a string, found integer",
            "line 1: postgres_version: expected a major version from 13 to 18",
            "line 7: rules.42703: expected \"error\", \"warning\", \"information\", \"hint\" or \"off\", found \"loud\"",
            "line 3: schema.migration: there is no such key; did you mean \"migrations\"?",
        ];
        assert_eq!(said.len(), expected.len(), "{said:#?}");
        for line in expected {
            assert!(said.iter().any(|said| said.starts_with(line)), "{line}: {said:#?}");
        }
    }

    #[test]
    fn a_framework_has_one_of_the_known_names() {
        let (config, problems) =
            Config::parse("[schema]\nframework = \"flywy\"\nmigrations = [\"a\", \"b\"]\n");
        assert_eq!((config.framework, config.migrations.unwrap().len()), (None, 2));
        assert_eq!(
            problems[0].to_string(),
            "line 2: schema.framework: there is no framework \"flywy\"; did you mean \"flyway\"?"
        );
        let (config, problems) = Config::parse("[schema]\nframework = \"flyway\"\nbase = \"db/base.sql\"\n");
        assert_eq!((config.framework, problems.len()), (Some(Framework::Flyway), 0));
        assert_eq!(config.base.as_deref(), Some("db/base.sql"));
        let settings = serde_json::json!({"schema": {"framework": "x", "migrations": ["a"]}});
        let (config, problems) = Config::from_settings(&settings);
        assert_eq!(config.migrations.as_deref(), Some(&["a".to_owned()][..]));
        assert!(
            problems[0]
                .starts_with("pgwright.schema.framework: there is no framework \"x\"; known are plain")
        );
    }

    #[test]
    fn settings_of_an_editor_go_over_the_file() {
        let (file, _) = Config::parse("[schema]\nmigrations = \"db\"\n[rules]\nx = \"off\"\ny = \"hint\"");
        let (settings, problems) = Config::from_settings(&serde_json::json!({
            "schema": {"files": ["a.sql"]}, "rules": {"y": "error", "z": "?"}, "database": {"url": ""}
        }));
        let both = file.overlaid(&settings);
        assert_eq!((both.migrations.as_deref(), both.files.unwrap().len()), (None, 1));
        assert_eq!((both.rules["x"], both.rules["y"]), (Severity::Off, Severity::Error));
        assert_eq!(problems.len(), 1);
        assert_eq!(settings.database.url, None);
    }

    #[test]
    fn placeholders_styles_are_named() {
        let (file, problems) = Config::parse("parameters = [\"at\", \"sqlc\"]");
        assert_eq!((file.parameters, problems.len()), (Some(Dialect::set(&[Style::At, Style::Sqlc])), 0));
        let settings =
            |value: serde_json::Value| Config::from_settings(&serde_json::json!({"parameters": value}));
        let (set, problems) = settings(serde_json::json!(["colon", "dolar"]));
        assert_eq!(file.overlaid(&set).parameters, Some(Dialect::set(&[Style::Colon])));
        assert!(
            problems[0].starts_with("pgwright.parameters: expected \"colon\", ")
                && problems[0].ends_with("found \"dolar\"")
        );
        assert_eq!(file.overlaid(&settings(serde_json::json!([])).0).parameters, file.parameters);
        assert_eq!(
            Config::parse("parameters = \"at\"").1[0].to_string(),
            "line 1: parameters: expected a list of strings, found string"
        );
    }
}
