//! A reference to a type, and its text as `format_type` prints it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::model::Name;

/// A type as a column or an argument names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TypeRef {
    Named {
        schema: Name,
        /// `pg_type.typname`; of an array, its element's.
        name: Name,
        /// `atttypmod`; -1 for none.
        typmod: i32,
        array: bool,
    },
    /// Cannot be known; equal to nothing in particular.
    Unknown,
}

impl TypeRef {
    /// A type of pg_catalog, by its internal name: `int4`, `text`.
    pub fn builtin(name: &str) -> TypeRef {
        TypeRef::Named { schema: "pg_catalog".into(), name: name.into(), typmod: -1, array: false }
    }

    pub fn named(schema: impl Into<Name>, name: impl Into<Name>) -> TypeRef {
        TypeRef::Named { schema: schema.into(), name: name.into(), typmod: -1, array: false }
    }

    pub fn is_builtin(&self, wanted: &str) -> bool {
        matches!(self, TypeRef::Named { schema, name, array: false, .. } if &**schema == "pg_catalog" && &**name == wanted)
    }

    /// The same type, as the element of an array.
    pub fn array_of(&self) -> TypeRef {
        match self {
            TypeRef::Named { schema, name, typmod, .. } => {
                TypeRef::Named { schema: schema.clone(), name: name.clone(), typmod: *typmod, array: true }
            }
            TypeRef::Unknown => TypeRef::Unknown,
        }
    }

    /// The same type without its modifier.
    pub fn without_modifier(&self) -> TypeRef {
        match self {
            TypeRef::Named { schema, name, array, .. } => {
                TypeRef::Named { schema: schema.clone(), name: name.clone(), typmod: -1, array: *array }
            }
            TypeRef::Unknown => TypeRef::Unknown,
        }
    }

    /// The type of an array's elements.
    pub fn element(&self) -> Option<TypeRef> {
        match self {
            TypeRef::Named { schema, name, typmod, array: true } => Some(TypeRef::Named {
                schema: schema.clone(),
                name: name.clone(),
                typmod: *typmod,
                array: false,
            }),
            _ => None,
        }
    }

    pub fn with_modifier(&self, modifier: i32) -> TypeRef {
        let mut ty = self.clone();
        if let TypeRef::Named { typmod, .. } = &mut ty {
            *typmod = modifier;
        }
        ty
    }

    pub fn typmod(&self) -> i32 {
        match self {
            TypeRef::Named { typmod, .. } => *typmod,
            TypeRef::Unknown => -1,
        }
    }

    /// As `format_type_be` prints it in a routine's arguments, where a missing length means nothing.
    pub fn in_signature(&self) -> String {
        let text = self.without_modifier().to_string();
        match text.strip_prefix("\"bit\"") {
            Some(rest) => format!("bit{rest}"),
            None if self.is_builtin_named("bpchar") => text.replacen("bpchar", "character", 1),
            None => text,
        }
    }

    fn is_builtin_named(&self, wanted: &str) -> bool {
        matches!(self, TypeRef::Named { schema, name, .. } if &**schema == "pg_catalog" && &**name == wanted)
    }

    /// The text that `format_type(oid, typmod)` gives when `visible` says of a schema and a type name whether the
    /// name alone finds it.
    pub fn format(&self, visible: impl Fn(&str, &str) -> bool) -> String {
        let TypeRef::Named { schema, name, typmod, array } = self else { return "unknown".into() };
        let mut text = match builtin_format(schema, name, *typmod) {
            Some(text) => text,
            None if &**schema == "pg_catalog" || visible(schema, name) => {
                format!("{}{}", super::quote::identifier(name), generic_modifier(name, *typmod))
            }
            None => format!("{}{}", super::quote::qualified(schema, name), generic_modifier(name, *typmod)),
        };
        if *array {
            text.push_str("[]");
        }
        text
    }
}

impl fmt::Display for TypeRef {
    /// As `format_type` prints it where every schema but `public` must be named.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.format(|schema, _| schema == "public"))
    }
}

/// The types that the SQL standard names, which format_type.c spells out; their modifiers as their `typmodout`.
fn builtin_format(schema: &str, name: &str, typmod: i32) -> Option<String> {
    if schema != "pg_catalog" {
        return None;
    }
    // A length is stored with the four bytes of a varlena header added.
    let length = if typmod >= 4 { format!("({})", typmod - 4) } else { String::new() };
    let precision = if typmod >= 0 { format!("({typmod})") } else { String::new() };
    Some(match name {
        "bit" if typmod < 0 => "\"bit\"".into(),
        "bit" => format!("bit({typmod})"),
        "varbit" => format!("bit varying{precision}"),
        "bool" => "boolean".into(),
        // char without a length is another thing than bpchar: "char" is printed with quotes.
        "bpchar" if typmod < 0 => "bpchar".into(),
        "bpchar" => format!("character{length}"),
        "varchar" => format!("character varying{length}"),
        // A keyword since PostgreSQL 16 that is printed without quotes all the same.
        "json" => "json".into(),
        "float4" => "real".into(),
        "float8" => "double precision".into(),
        "int2" => "smallint".into(),
        "int4" => "integer".into(),
        "int8" => "bigint".into(),
        "numeric" if typmod >= 4 => {
            // Precision in the upper half; the scale in the lower eleven bits, signed since PostgreSQL 15.
            let modifier = typmod - 4;
            let scale = ((modifier & 0x7ff) ^ 1024) - 1024;
            format!("numeric({},{})", (modifier >> 16) & 0xffff, scale)
        }
        "numeric" => "numeric".into(),
        "time" => format!("time{precision} without time zone"),
        "timetz" => format!("time{precision} with time zone"),
        "timestamp" => format!("timestamp{precision} without time zone"),
        "timestamptz" => format!("timestamp{precision} with time zone"),
        "interval" => format!("interval{}", interval_modifier(typmod)),
        _ => return None,
    })
}

/// `interval day to second(3)`: a mask of fields in the upper half and a precision in the lower (timestamp.c).
fn interval_modifier(typmod: i32) -> String {
    if typmod < 0 {
        return String::new();
    }
    let (range, precision) = ((typmod >> 16) & 0x7fff, typmod & 0xffff);
    let bit = |n: i32| 1 << n;
    let (month, year, day, hour, minute, second) = (bit(1), bit(2), bit(3), bit(10), bit(11), bit(12));
    let fields = match range {
        r if r == year => " year",
        r if r == month => " month",
        r if r == day => " day",
        r if r == hour => " hour",
        r if r == minute => " minute",
        r if r == second => " second",
        r if r == year | month => " year to month",
        r if r == day | hour => " day to hour",
        r if r == day | hour | minute => " day to minute",
        r if r == day | hour | minute | second => " day to second",
        r if r == hour | minute => " hour to minute",
        r if r == hour | minute | second => " hour to second",
        r if r == minute | second => " minute to second",
        _ => "",
    };
    if precision == 0xffff { fields.to_owned() } else { format!("{fields}({precision})") }
}

/// A type without a `typmodout` of its own prints its modifier as a number.
fn generic_modifier(_name: &str, typmod: i32) -> String {
    if typmod >= 0 { format!("({typmod})") } else { String::new() }
}

/// A truth value's text, without the spaces around it (bool.c: `parse_bool`): a word for it or the beginning of one.
pub fn parse_bool(text: &str) -> Option<bool> {
    let word = text.to_ascii_lowercase();
    let begins = |whole: &str| !word.is_empty() && whole.starts_with(&word);
    match word.as_str() {
        "1" | "on" => Some(true),
        "0" | "of" | "off" => Some(false),
        _ if begins("true") || begins("yes") => Some(true),
        _ if begins("false") || begins("no") => Some(false),
        _ => None,
    }
}
