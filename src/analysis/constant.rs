//! Literals as values of a type, as the type's input function reads them: what it certainly refuses.

use super::date_fields::{Decoded, Fault};
use super::datetime;
use super::geometry::{self, Verdict};
use super::{composed, interval, object_names, scalar, text_search};
use crate::catalog::model::TypeKind;
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{Class, Types, builtin_name};
use crate::syntax::jsonpath;

/// What an input function says against a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub sqlstate: &'static str,
    pub message: String,
}

pub(super) type Read = Result<(), Wrong>;

pub(super) fn wrong(sqlstate: &'static str, message: String) -> Read {
    Err(Wrong { sqlstate, message })
}

/// Reads a text as a value of a type that is no domain.
pub fn read(types: Types, ty: &TypeRef, text: &str) -> Read {
    if ty.element().is_some() {
        return composed::array(types, ty, text);
    }
    let syntax = |name: &str| wrong("22P02", format!("invalid input syntax for type {name}: \"{text}\""));
    let Some(name) = builtin_name(ty) else {
        return match types.user_type(ty).map(|found| &found.kind) {
            // It may have got another one unseen.
            Some(TypeKind::Enum { .. }) if types.catalog.unknown_names => Ok(()),
            Some(TypeKind::Enum { labels }) if labels.iter().all(|label| **label != *text) => {
                wrong("22P02", format!("invalid input value for enum {}: \"{text}\"", types.print(ty)))
            }
            Some(TypeKind::Range { .. }) => composed::range(types, ty, text),
            Some(TypeKind::Multirange { .. }) => composed::multirange(types, ty, text),
            _ => match types.row_relation(ty).filter(|_| types.class(ty) == Class::Composite) {
                Some(relation) => composed::row(types, &relation, text),
                None => Ok(()),
            },
        };
    };
    let trimmed = text.trim_matches(is_space);
    match name {
        "int2" => integer(text, "smallint", i16::MIN.into(), i16::MAX.into(), types.major),
        "int4" => integer(text, "integer", i32::MIN.into(), i32::MAX.into(), types.major),
        "int8" => integer(text, "bigint", i64::MIN.into(), i64::MAX.into(), types.major),
        "bool" if crate::catalog::types::parse_bool(trimmed).is_none() => syntax("boolean"),
        "float4" => scalar::float(text, "real", types.major),
        "float8" => scalar::float(text, "double precision", types.major),
        "numeric" => scalar::numeric(text, types.major),
        "bit" | "varbit" => scalar::bits(text),
        "bytea" => scalar::bytes(text),
        "inet" => scalar::inet(text),
        "cidr" => scalar::cidr(text),
        "macaddr" | "macaddr8" => scalar::macaddr(text, name),
        "point" | "lseg" | "box" | "path" | "polygon" | "circle" | "line" => match geometry::read(name, text)
        {
            Verdict::Wrong => syntax(name),
            Verdict::NoLine(why) => wrong("22P02", format!("invalid line specification: {why}")),
            Verdict::Right | Verdict::Unknown => Ok(()),
        },
        "uuid" if !is_uuid(text) => syntax("uuid"),
        "json" | "jsonb" if !is_json(text) => wrong("22P02", "invalid input syntax for type json".into()),
        "date" => moment(text, "date", datetime::read(text, false, types.major)),
        "timestamp" => moment(text, "timestamp", datetime::read(text, false, types.major)),
        "timestamptz" => moment(text, "timestamp with time zone", datetime::read(text, false, types.major)),
        "time" => moment(text, "time", datetime::read(text, true, types.major)),
        "timetz" => moment(text, "time with time zone", datetime::read(text, true, types.major)),
        // What a field is that has none written depends on the modifier.
        "interval" if *ty != ty.without_modifier() => Ok(()),
        "interval" => moment(text, "interval", interval::read(text, types.major)),
        "tsvector" => text_search::vector(text),
        "tsquery" => text_search::query(text),
        _ if name.starts_with("reg") => object_names::read(types, name, text),
        "jsonpath" => match jsonpath::parse(text, types.major) {
            Err(error) if !error.sqlstate.is_empty() => wrong(error.sqlstate, error.message),
            _ => Ok(()),
        },
        "record" => wrong("0A000", "input of anonymous composite types is not implemented".into()),
        _ if types.class(ty) == Class::Range => composed::range(types, ty, text),
        _ if types.class(ty) == Class::Multirange => composed::multirange(types, ty, text),
        _ => Ok(()),
    }
}

/// As the C library's `isspace` in the C locale.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

/// An integer in any of the notations that a version reads: what an older one refuses is not told.
fn integer(text: &str, name: &str, least: i128, most: i128, major: u32) -> Read {
    let trimmed = text.trim_matches(is_space);
    let (negative, digits) = match trimmed.as_bytes().first() {
        Some(b'-') => (true, &trimmed[1..]),
        Some(b'+') => (false, &trimmed[1..]),
        _ => (false, trimmed),
    };
    // Other notations than decimal digits came with PostgreSQL 16.
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let Some(value) = crate::syntax::literal::unsigned(digits).filter(|_| major >= 16 || is_plain) else {
        if is_too_large(digits, most, major) {
            return wrong("22003", format!("value \"{text}\" is out of range for type {name}"));
        }
        return wrong("22P02", format!("invalid input syntax for type {name}: \"{text}\""));
    };
    let value = value.map(|value| if negative { -value } else { value });
    match value.filter(|value| (least..=most).contains(value)) {
        Some(_) => Ok(()),
        None => wrong("22003", format!("value \"{text}\" is out of range for type {name}")),
    }
}

/// Whether the digits at the beginning are too many, which is found before what is behind them is looked at.
fn is_too_large(text: &str, most: i128, major: u32) -> bool {
    let mut value = 0;
    let is_apart = |rest: &str| major >= 16 && rest.starts_with(|c: char| c.is_ascii_digit());
    let digits = text.char_indices().filter(|(n, c)| *n == 0 || *c != '_' || !is_apart(&text[n + 1..]));
    for digit in digits.map_while(|(_, c)| c.to_digit(10)) {
        if major >= 16 && value > (most + 1) / 10 {
            return true;
        }
        value = value * 10 + i128::from(digit);
        if major < 16 && value > most + 1 {
            return true;
        }
    }
    false
}

/// Hexadecimal digits with a hyphen behind any group of four, in braces perhaps.
fn is_uuid(text: &str) -> bool {
    let inner = match text.strip_prefix('{') {
        Some(rest) => match rest.strip_suffix('}') {
            Some(inner) => inner,
            None => return false,
        },
        None => text,
    };
    let mut digits = 0;
    for c in inner.chars() {
        match c {
            '-' if digits > 0 && digits % 4 == 0 && digits < 32 => {}
            c if c.is_ascii_hexdigit() => digits += 1,
            _ => return false,
        }
    }
    digits == 32 && !inner.ends_with('-') && !inner.contains("--")
}

fn is_json(text: &str) -> bool {
    match serde_json::from_str::<serde::de::IgnoredAny>(text) {
        Ok(_) => true,
        // How deep it may be nested is another matter here than there.
        Err(error) => error.to_string().starts_with("recursion limit"),
    }
}

/// What is wrong with a date, a time or an interval (DateTimeParseError).
fn moment(text: &str, name: &str, decoded: Decoded) -> Read {
    let (sqlstate, message) = match decoded {
        Ok(()) | Err(Fault::Unknown) => return Ok(()),
        Err(Fault::Format) => ("22007", format!("invalid input syntax for type {name}: \"{text}\"")),
        Err(Fault::Range) if name == "interval" => {
            ("22015", format!("interval field value out of range: \"{text}\""))
        }
        Err(Fault::Range) => ("22008", format!("date/time field value out of range: \"{text}\"")),
        Err(Fault::Displacement) => ("22009", format!("time zone displacement out of range: \"{text}\"")),
    };
    wrong(sqlstate, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Catalog, builtin};

    fn says(ty: &str, text: &str) -> Option<(&'static str, String)> {
        let catalog = Catalog::default();
        let ty = builtin::type_by_name(ty);
        read(Types::new(&catalog), &ty, text).err().map(|wrong| (wrong.sqlstate, wrong.message))
    }

    #[test]
    fn what_input_functions_refuse() {
        for (ty, text) in [
            ("int4", " 12 "),
            ("int4", "-0x1F"),
            ("int8", "1_000"),
            ("bool", " tR "),
            ("bool", "of"),
            ("float8", ".5e-3"),
            ("numeric", "NaN"),
            ("uuid", "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}"),
            ("jsonb", " {\"a\": [1, null]} "),
            ("date", "2024-02-29"),
            ("date", "today"),
            ("timestamptz", "Feb 30 1"),
            ("_int4", "{1,2,null}"),
            ("_text", "{\"a b\",c}"),
            ("regclass", "pg_class"),
        ] {
            assert_eq!(says(ty, text), None, "{ty} {text}");
        }
        for (ty, text, sqlstate, message) in [
            ("int4", "abc", "22P02", "invalid input syntax for type integer: \"abc\""),
            ("int2", "40000", "22003", "value \"40000\" is out of range for type smallint"),
            ("bool", "o", "22P02", "invalid input syntax for type boolean: \"o\""),
            ("numeric", "1.2.3", "22P02", "invalid input syntax for type numeric: \"1.2.3\""),
            ("uuid", "abc", "22P02", "invalid input syntax for type uuid: \"abc\""),
            ("jsonb", "{a}", "22P02", "invalid input syntax for type json"),
            ("date", "soon", "22007", "invalid input syntax for type date: \"soon\""),
            ("date", "2023-02-29", "22008", "date/time field value out of range: \"2023-02-29\""),
            ("_int4", "1,2", "22P02", "malformed array literal: \"1,2\""),
            ("_int4", "{1,x}", "22P02", "invalid input syntax for type integer: \"x\""),
            ("regclass", "nothing", "42P01", "relation \"nothing\" does not exist"),
        ] {
            assert_eq!(says(ty, text), Some((sqlstate, message.to_owned())), "{ty} {text}");
        }
    }
}
