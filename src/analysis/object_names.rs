//! Names of objects in literals: what the input functions of `regclass` and its kin refuse (regproc.c).

use super::constant::{Read, Wrong, is_space};
use super::runs::literal;
use super::scope::system_column;
use super::statement::{Analyzer, strings};
use crate::catalog::apply::{is_builtin, option, type_name};
use crate::catalog::builtin::{self, is_system_schema};
use crate::catalog::collation;
use crate::catalog::entity::EntityKind;
use crate::catalog::model::RelationKind;
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{Types, same};
use crate::syntax::ast::{FuncCall, NodeEnum};
use crate::syntax::grammar::{self, ParseMode};

/// Functions that find an object by its name, which of their arguments that is, counted from the end (0: the first), and
/// the type whose input reads it.
const NAMED: [(&str, usize, &str); 12] = [
    ("has_table_privilege", 2, "regclass"),
    ("has_any_column_privilege", 2, "regclass"),
    ("has_sequence_privilege", 2, "regclass"),
    ("has_column_privilege", 3, "regclass"),
    ("has_schema_privilege", 2, "regnamespace"),
    ("has_function_privilege", 2, "regprocedure"),
    ("has_type_privilege", 2, "regtype"),
    ("has_language_privilege", 2, "language"),
    ("has_server_privilege", 2, "server"),
    ("has_foreign_data_wrapper_privilege", 2, "foreign-data wrapper"),
    ("pg_get_viewdef", 0, "regclass"),
    ("pg_get_serial_sequence", 2, "regclass"),
];

impl Analyzer<'_> {
    /// The objects that functions of PostgreSQL's are told by name.
    pub(super) fn finds_object(&mut self, name: &str, call: &FuncCall) {
        if matches!(name, "nextval" | "currval" | "setval") {
            self.counts_with_a_sequence(call);
        }
        let Some((_, place, ty)) = NAMED.iter().find(|(known, ..)| *known == name) else { return };
        let at = if *place == 0 { Some(0) } else { call.args.len().checked_sub(*place) };
        let Some((text, location)) = at.and_then(|at| call.args.get(at)).and_then(literal) else { return };
        // A number may be an object's, too.
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return;
        }
        let text = text.to_owned();
        let runs = (call.location, call.args.iter());
        if let Err(wrong) = read(self.types, ty, &text) {
            return self.fails(runs, location, wrong.sqlstate, wrong.message);
        }
        let names = names(&text).unwrap_or_default();
        let Some((schema, relation)) = qualified(&names) else { return };
        let own = || builtin::facts().relation(self.types.major, schema, relation);
        let Some(relation) = self.catalog.relation(schema, relation).cloned().or_else(own) else { return };
        if name == "has_sequence_privilege" && relation.kind != RelationKind::Sequence {
            return self.fails(runs, location, "42809", format!("\"{}\" is not a sequence", relation.name));
        }
        // The next argument names a column of it.
        let is_column = matches!(name, "has_column_privilege" | "pg_get_serial_sequence");
        let column = at.filter(|_| is_column).and_then(|at| call.args.get(at + 1)).and_then(literal);
        if let Some((column, location)) = column
            && relation.column(column).is_none()
            && !relation.unknown_columns
            && system_column(column).is_none()
        {
            let message = format!("column \"{column}\" of relation \"{}\" does not exist", relation.name);
            self.fails(runs, location, "42703", message);
        }
    }

    /// What `nextval` and its kin are told by name is a sequence. Whether it is there is told where the name is read.
    fn counts_with_a_sequence(&mut self, call: &FuncCall) {
        let argument = call.args.first().map(|argument| match &argument.node {
            Some(NodeEnum::TypeCast(cast)) => cast.arg.as_deref().unwrap_or(argument),
            _ => argument,
        });
        let Some((text, location)) = argument.and_then(literal) else { return };
        let names = names(text).unwrap_or_default();
        let Some((schema, name)) = qualified(&names) else { return };
        let is_sequence = match self.catalog.relation(schema, name) {
            Some(relation) => relation.kind == RelationKind::Sequence,
            None => self.catalog.index(schema, name).is_none(),
        };
        if !is_sequence {
            let message = match self.types.major {
                ..16 => format!("\"{name}\" is not a sequence"),
                16.. => format!("cannot open relation \"{name}\""),
            };
            self.fails((call.location, call.args.iter()), location, "42809", message);
        }
    }
}

/// Reads a text as a value of the type `name`; nothing is said of what may be there unseen.
pub(super) fn read(types: Types, name: &str, text: &str) -> Read {
    let trimmed = text.trim_matches(is_space);
    let is_number = !trimmed.is_empty() && trimmed.bytes().all(|byte| byte.is_ascii_digit());
    if text == "-" || is_number {
        return Ok(());
    }
    match name {
        "regclass" => relation(types, text),
        "regtype" => named_type(types, text).map(|_| ()),
        "regproc" => function(types, text),
        "regprocedure" => signature(types, text),
        "regoper" => operator(types, text),
        "regoperator" => operator_signature(types, text),
        "regnamespace" => schema(types, text),
        "regcollation" => match &names(text)?[..] {
            [name] => match collation::missing(types.catalog, None, name).filter(|_| !types.is_unsure) {
                Some(missing) => refuse(missing.sqlstate, missing.message),
                None => Ok(()),
            },
            _ => Ok(()),
        },
        "regconfig" => entity(types, EntityKind::TextSearchConfiguration, text),
        "regdictionary" => entity(types, EntityKind::TextSearchDictionary, text),
        "language" => named_in_database(types, EntityKind::Language, name, text),
        "server" => named_in_database(types, EntityKind::Server, name, text),
        "foreign-data wrapper" => named_in_database(types, EntityKind::ForeignDataWrapper, name, text),
        "regrole" if names(text)?.len() != 1 => invalid_name(),
        _ => Ok(()),
    }
}

/// An object that is in no schema.
fn named_in_database(types: Types, kind: EntityKind, word: &str, name: &str) -> Read {
    let is_there = types.catalog.entity(kind, None, name).is_some() || is_builtin(kind.word(), name);
    match is_there || types.is_unsure {
        true => Ok(()),
        false => refuse("42704", format!("{word} \"{name}\" does not exist")),
    }
}

fn refuse<T>(sqlstate: &'static str, message: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong { sqlstate, message: message.into() })
}

fn invalid_name<T>() -> Result<T, Wrong> {
    refuse("42602", "invalid name syntax")
}

/// The parts of a dotted name (`stringToQualifiedNameList`).
fn names(text: &str) -> Result<Vec<String>, Wrong> {
    match option::identifiers(text, '.') {
        Some(names) if !names.is_empty() => Ok(names),
        _ => invalid_name(),
    }
}

/// A name with its schema, if that is one part; three may be of this database, whose name is not known.
fn qualified(names: &[String]) -> Option<(Option<&str>, &str)> {
    match names {
        [name] => Some((None, name)),
        [schema, name] => Some((Some(schema), name)),
        _ => None,
    }
}

/// The same of a name that can be looked for: in a schema of which all is seen.
fn searched<'n>(types: Types, names: &'n [String]) -> Result<Option<(Option<&'n str>, &'n str)>, Wrong> {
    let Some((schema, name)) = qualified(names).filter(|_| !types.is_unsure) else { return Ok(None) };
    match schema {
        Some(schema) if schema != "pg_catalog" && is_system_schema(schema) => Ok(None),
        // PostgreSQL 16 began to look on, and find nothing.
        Some(missing) if types.major < 16 && !is_system_schema(missing) => {
            match types.catalog.schemas.contains_key(missing) {
                true => Ok(Some((schema, name))),
                false => refuse("3F000", format!("schema \"{missing}\" does not exist")),
            }
        }
        _ => Ok(Some((schema, name))),
    }
}

fn relation(types: Types, text: &str) -> Read {
    let parts = names(text)?;
    if parts.len() > 3 {
        let message = format!("improper relation name (too many dotted names): {}", parts.join("."));
        return refuse("42601", message);
    }
    let Some((schema, name)) = qualified(&parts).filter(|_| !types.is_unsure) else { return Ok(()) };
    let is_there = types.catalog.relation(schema, name).is_some()
        || types.catalog.index(schema, name).is_some()
        || builtin::facts().relation(types.major, schema, name).is_some()
        || name.starts_with("pg_")
        || schema.is_some_and(is_system_schema);
    match is_there {
        true => Ok(()),
        false => refuse("42P01", format!("relation \"{}\" does not exist", parts.join("."))),
    }
}

/// The type that a text names (`parseTypeString`); unknown where that cannot be told.
fn named_type(types: Types, text: &str) -> Result<TypeRef, Wrong> {
    let invalid = || refuse("42601", format!("invalid type name \"{text}\""));
    if text.chars().all(is_space) {
        return invalid();
    }
    if let Err(error) = grammar::check_as(text, ParseMode::TypeName) {
        return refuse(error.sqlstate, error.message);
    }
    // Of a type's name by itself the parser gives no tree.
    let Ok(parsed) = grammar::parse(&format!("SELECT NULL::{text}"), ParseMode::Statements) else {
        return Ok(TypeRef::Unknown);
    };
    let statement = parsed.stmts.first().and_then(|raw| raw.stmt.as_ref()?.node.as_ref());
    let Some(NodeEnum::SelectStmt(select)) = statement else { return Ok(TypeRef::Unknown) };
    let name = select.target_list.first().and_then(|target| match &target.node {
        Some(NodeEnum::ResTarget(target)) => match target.val.as_deref()?.node.as_ref()? {
            NodeEnum::TypeCast(cast) => cast.type_name.as_ref(),
            _ => None,
        },
        _ => None,
    });
    let Some(name) = name else { return Ok(TypeRef::Unknown) };
    if name.setof {
        return invalid();
    }
    match name.names.len() {
        ..=2 => {}
        // Of this database, perhaps.
        3 => return Ok(TypeRef::Unknown),
        _ => {
            let written = strings(&name.names).join(".");
            return refuse("42601", format!("improper qualified name (too many dotted names): {written}"));
        }
    }
    match type_name::found(types.catalog, name) {
        Ok(found) => Ok(found),
        Err(Some(missing)) if !types.is_unsure && missing.sqlstate.starts_with(['3', '4']) => {
            refuse(missing.sqlstate, missing.message)
        }
        Err(_) => Ok(TypeRef::Unknown),
    }
}

fn function(types: Types, text: &str) -> Read {
    let parts = names(text)?;
    let Some((schema, name)) = searched(types, &parts)? else { return Ok(()) };
    match types.overloads(schema, name).len() {
        0 => refuse("42883", format!("function \"{text}\" does not exist")),
        1 => Ok(()),
        _ => refuse("42725", format!("more than one function named \"{text}\"")),
    }
}

fn operator(types: Types, text: &str) -> Read {
    let parts = names(text)?;
    let Some((schema, name)) = searched(types, &parts)? else { return Ok(()) };
    match types.operator_overloads(schema, name).len() {
        0 => refuse("42883", format!("operator does not exist: {text}")),
        1 => Ok(()),
        _ => refuse("42725", format!("more than one operator named {text}")),
    }
}

/// A name with the types in parentheses behind it (`parseNameAndArgTypes`); `None` stands for NONE.
fn with_types<'t>(
    types: Types,
    text: &'t str,
    allows_none: bool,
) -> Result<(Vec<String>, Vec<Option<TypeRef>>), Wrong> {
    let expected = |what: &str| refuse("22P02", format!("expected a {what}"));
    let mut in_quote = false;
    let mut open = None;
    for (at, c) in text.char_indices() {
        match c {
            '"' => in_quote = !in_quote,
            '(' if !in_quote => {
                open = Some(at);
                break;
            }
            _ => {}
        }
    }
    let Some(open) = open else { return expected("left parenthesis") };
    let parts = names(&text[..open])?;
    let inner = text[open + 1..].trim_end_matches(is_space);
    let Some(inner) = inner.strip_suffix(')') else { return expected("right parenthesis") };
    let mut found = Vec::new();
    let mut rest = inner;
    let mut had_comma = false;
    loop {
        rest = rest.trim_start_matches(is_space);
        if rest.is_empty() {
            if had_comma {
                return expected("type name");
            }
            return Ok((parts, found));
        }
        let (mut in_quote, mut depth) = (false, 0);
        let end = rest.char_indices().find(|(_, c)| {
            match c {
                '"' => in_quote = !in_quote,
                '(' | '[' if !in_quote => depth += 1,
                ')' | ']' if !in_quote => depth -= 1,
                _ => {}
            }
            *c == ',' && !in_quote && depth == 0
        });
        let (ty, behind): (&'t str, &'t str) = match end {
            Some((end, _)) => (&rest[..end], &rest[end + 1..]),
            None => (rest, ""),
        };
        had_comma = end.is_some();
        let ty = ty.trim_end_matches(is_space);
        found.push(match allows_none && ty.eq_ignore_ascii_case("none") {
            true => None,
            false => Some(named_type(types, ty)?),
        });
        rest = behind;
    }
}

fn signature(types: Types, text: &str) -> Read {
    let (parts, wanted) = with_types(types, text, false)?;
    let wanted: Vec<TypeRef> = wanted.into_iter().flatten().collect();
    let Some((schema, name)) = searched(types, &parts)? else { return Ok(()) };
    let is_it = |own: &Vec<TypeRef>| {
        own.len() == wanted.len()
            && own
                .iter()
                .zip(&wanted)
                .all(|(own, wanted)| same(own, wanted) || [own, wanted].iter().any(|ty| types.is_opaque(ty)))
    };
    match types.overloads(schema, name).iter().any(is_it) {
        true => Ok(()),
        false => refuse("42883", format!("function \"{text}\" does not exist")),
    }
}

fn operator_signature(types: Types, text: &str) -> Read {
    let (parts, wanted) = with_types(types, text, true)?;
    let [left, right] = &wanted[..] else {
        return match wanted.len() {
            1 => refuse("42P02", "missing argument"),
            _ => refuse("54023", "too many arguments"),
        };
    };
    let Some((schema, name)) = searched(types, &parts)? else { return Ok(()) };
    let alike = |own: &Option<TypeRef>, wanted: &Option<TypeRef>| match (own, wanted) {
        (Some(own), Some(wanted)) => same(own, wanted) || [own, wanted].iter().any(|ty| types.is_opaque(ty)),
        (own, wanted) => own.is_none() && wanted.is_none(),
    };
    let mut overloads = types.operator_overloads(schema, name).into_iter();
    match overloads.any(|(own_left, own_right)| alike(&own_left, left) && alike(&own_right, right)) {
        true => Ok(()),
        false => refuse("42883", format!("operator does not exist: {text}")),
    }
}

fn schema(types: Types, text: &str) -> Read {
    let parts = names(text)?;
    let [name] = &parts[..] else { return invalid_name() };
    let is_there = types.is_unsure
        || types.catalog.schemas.contains_key(name.as_str())
        || is_system_schema(name)
        || name.starts_with("pg_");
    match is_there {
        true => Ok(()),
        false => refuse("3F000", format!("schema \"{name}\" does not exist")),
    }
}

/// An object of a kind that the facts tell in words.
fn entity(types: Types, kind: EntityKind, text: &str) -> Read {
    let parts = names(text)?;
    let Some((schema, name)) = searched(types, &parts)? else { return Ok(()) };
    let word = kind.word();
    let is_own = schema.is_none_or(|schema| schema == "pg_catalog") && is_builtin(word, name);
    match is_own || !types.catalog.entities_named(kind, schema, name).is_empty() {
        true => Ok(()),
        false => refuse("42704", format!("{word} \"{}\" does not exist", parts.join("."))),
    }
}
