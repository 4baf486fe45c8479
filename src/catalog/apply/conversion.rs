//! Conversions between encodings.

use crate::syntax::ast::CreateConversionStmt;

use super::super::entity::{EntityKind, Value};
use super::super::model::*;
use super::super::types::TypeRef;
use super::{Fold, Result, strings};

impl Fold<'_> {
    pub(super) fn create_conversion(&mut self, s: &CreateConversionStmt) -> Result {
        let parts = strings(&s.conversion_name);
        let (schema, _) = super::split_name(&parts);
        self.target_schema(schema, self.token(schema.unwrap_or_default()))?;
        let from = self.encoding_named("source", &s.for_encoding_name)?;
        let to = self.encoding_named("destination", &s.to_encoding_name)?;
        if [&*from, &*to].contains(&"SQL_ASCII") {
            let message = "encoding conversion to or from \"SQL_ASCII\" is not supported";
            return self.fail("42P17", message.into(), None);
        }
        self.is_conversion_function(&strings(&s.func_name))?;
        let Some(name) = self.new_entity_name(EntityKind::Conversion, &parts, false)? else { return Ok(()) };
        if s.def {
            self.is_only_default(&name.schema, &from, &to)?;
        }
        let mut conversion = self
            .new_entity(EntityKind::Conversion, Some(name.schema), &name.name)
            .with("from", Value::Text(from))
            .with("to", Value::Text(to))
            .with("function", self.routine_value(&strings(&s.func_name)));
        conversion.set("default", s.def.then_some(Value::Flag));
        self.put_entity(conversion);
        Ok(())
    }

    fn encoding_named(&self, which: &str, name: &str) -> Result<Name> {
        match encoding(name) {
            Some(encoding) => Ok(encoding.into()),
            None => {
                let message = format!("{which} encoding \"{name}\" does not exist");
                self.refuse("42704", message, self.string_token(name))
            }
        }
    }

    fn is_conversion_function(&self, parts: &[&str]) -> Result {
        let of = TypeRef::builtin;
        let mut taken = vec![of("int4"), of("int4"), of("cstring"), of("internal"), of("int4")];
        let result = match self.version() {
            ..14 => "void",
            14.. => {
                taken.push(of("bool"));
                "int4"
            }
        };
        match self.exact_function(parts, &taken)? {
            Some(found) if !found.returns(result) => {
                let message = format!(
                    "encoding conversion function {} must return type {}",
                    parts.join("."),
                    of(result)
                );
                self.fail("42P17", message, self.token(parts.last().unwrap_or(&"")))
            }
            _ => Ok(()),
        }
    }

    /// PostgreSQL's error for a second conversion that a schema is to have for two encodings by default.
    fn is_only_default(&self, schema: &str, from: &str, to: &str) -> Result {
        let is_it = |other: &super::super::entity::Entity| {
            other.kind == EntityKind::Conversion
                && other.schema.as_deref() == Some(schema)
                && other.get("default").is_some()
                && other.text("from").is_some_and(|text| **text == *from)
                && other.text("to").is_some_and(|text| **text == *to)
        };
        if self.catalog.entities().any(|other| is_it(other)) {
            let message = format!("default conversion for {from} to {to} already exists");
            return self.fail("42710", message, self.token("default"));
        }
        Ok(())
    }
}

/// An encoding by any of its names, as `pg_encoding_to_char` prints it (`pg_char_to_encoding`).
fn encoding(name: &str) -> Option<&'static str> {
    const NAMES: [&str; 42] = [
        "SQL_ASCII",
        "EUC_JP",
        "EUC_CN",
        "EUC_KR",
        "EUC_TW",
        "EUC_JIS_2004",
        "UTF8",
        "MULE_INTERNAL",
        "LATIN1",
        "LATIN2",
        "LATIN3",
        "LATIN4",
        "LATIN5",
        "LATIN6",
        "LATIN7",
        "LATIN8",
        "LATIN9",
        "LATIN10",
        "WIN1256",
        "WIN1258",
        "WIN866",
        "WIN874",
        "KOI8R",
        "WIN1251",
        "WIN1252",
        "ISO_8859_5",
        "ISO_8859_6",
        "ISO_8859_7",
        "ISO_8859_8",
        "WIN1250",
        "WIN1253",
        "WIN1254",
        "WIN1255",
        "WIN1257",
        "KOI8U",
        "SJIS",
        "BIG5",
        "GBK",
        "UHC",
        "GB18030",
        "JOHAB",
        "SHIFT_JIS_2004",
    ];
    // Names that are more than another way to write those.
    const OTHERS: [(&str, &str); 32] = [
        ("ABC", "WIN1258"),
        ("ALT", "WIN866"),
        ("ISO88591", "LATIN1"),
        ("ISO885910", "LATIN6"),
        ("ISO885913", "LATIN7"),
        ("ISO885914", "LATIN8"),
        ("ISO885915", "LATIN9"),
        ("ISO885916", "LATIN10"),
        ("ISO88592", "LATIN2"),
        ("ISO88593", "LATIN3"),
        ("ISO88594", "LATIN4"),
        ("ISO88599", "LATIN5"),
        ("KOI8", "KOI8R"),
        ("MSKANJI", "SJIS"),
        ("SHIFTJIS", "SJIS"),
        ("TCVN", "WIN1258"),
        ("TCVN5712", "WIN1258"),
        ("UNICODE", "UTF8"),
        ("VSCII", "WIN1258"),
        ("WIN", "WIN1251"),
        ("WINDOWS1250", "WIN1250"),
        ("WINDOWS1251", "WIN1251"),
        ("WINDOWS1252", "WIN1252"),
        ("WINDOWS1253", "WIN1253"),
        ("WINDOWS1254", "WIN1254"),
        ("WINDOWS1255", "WIN1255"),
        ("WINDOWS1256", "WIN1256"),
        ("WINDOWS1257", "WIN1257"),
        ("WINDOWS1258", "WIN1258"),
        ("WINDOWS866", "WIN866"),
        ("WINDOWS874", "WIN874"),
        ("WINDOWS949", "UHC"),
    ];
    const OF_PAGES: [(&str, &str); 7] = [
        ("WIN932", "SJIS"),
        ("WIN936", "GBK"),
        ("WIN949", "UHC"),
        ("WIN950", "BIG5"),
        ("WINDOWS932", "SJIS"),
        ("WINDOWS936", "GBK"),
        ("WINDOWS950", "BIG5"),
    ];
    let plain = |name: &str| -> String {
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase()
    };
    let wanted = plain(name);
    let own = NAMES.into_iter().find(|own| plain(own) == wanted);
    own.or_else(|| OTHERS.into_iter().chain(OF_PAGES).find(|(other, _)| *other == wanted).map(|(_, own)| own))
}
