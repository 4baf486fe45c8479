//! Collations by name: which ones there certainly are not. A server has those of its operating system and of ICU, which
//! are not seen here.

use super::apply::{is_system_schema, type_name::Missing};
use super::builtin::{self, Fact};
use super::entity::EntityKind;
use super::model::Catalog;

/// What the C library calls locales in words.
const LANGUAGES: [&str; 45] = [
    "bokmal",
    "catalan",
    "croatian",
    "czech",
    "danish",
    "dansk",
    "deutsch",
    "dutch",
    "eesti",
    "english",
    "estonian",
    "finnish",
    "french",
    "galego",
    "galician",
    "german",
    "greek",
    "hebrew",
    "hrvatski",
    "hungarian",
    "icelandic",
    "indonesian",
    "irish",
    "italian",
    "japanese",
    "korean",
    "latvian",
    "lithuanian",
    "macedonian",
    "maltese",
    "norwegian",
    "nynorsk",
    "persian",
    "polish",
    "portuguese",
    "romanian",
    "russian",
    "serbian",
    "slovak",
    "slovene",
    "slovenian",
    "spanish",
    "swedish",
    "thai",
    "turkish",
];

/// Whether a name may be that of a locale, of which the server may have made a collation.
fn may_be_locale(name: &str) -> bool {
    let is_language =
        |word: &str| (2..=3).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase());
    // Those of ICU are language tags.
    if let Some(tag) = name.strip_suffix("-x-icu") {
        let mut parts = tag.split('-');
        return parts.next().is_some_and(is_language)
            && parts.all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    }
    let lower = name.to_ascii_lowercase();
    let separators = ['_', '-', '.', '@', ' '];
    let written = name.split(separators).next().unwrap_or_default();
    let first = lower.split(separators).next().unwrap_or_default();
    first.is_empty()
        || !name.is_ascii()
        || is_language(written)
        || LANGUAGES.contains(&first)
        || matches!(first, "c" | "posix" | "root" | "default" | "ucs" | "pg" | "unicode" | "universal")
}

/// Whether PostgreSQL itself brings a collation of that name, or the operating system may.
pub fn is_builtin(name: &str) -> bool {
    may_be_locale(name)
        || builtin::facts().objects.named_in_any(name).iter().any(|object| object.kind == "collation")
}

/// Why there is certainly no collation of a name. The encoding that PostgreSQL's message has is the one that nearly all
/// databases have.
pub fn missing(catalog: &Catalog, schema: Option<&str>, name: &str) -> Option<Missing> {
    if catalog.unknown_names || catalog.entity(EntityKind::Collation, schema, name).is_some() {
        return None;
    }
    let is_system = match schema {
        Some(schema) => is_system_schema(schema),
        None => true,
    };
    let version = catalog.major();
    let known =
        builtin::facts().objects.named_in_any(name).iter().filter(|object| object.kind == "collation");
    let mut known = known.map(|object| object.versions().contain(version)).peekable();
    let may_be_there = match known.peek() {
        // Later versions made what this one has not.
        Some(_) => known.any(|is_there| is_there),
        None => may_be_locale(name),
    };
    if is_system && may_be_there {
        return None;
    }
    match schema {
        Some(schema) if !is_system && !catalog.schemas.contains_key(schema) => {
            Some(Missing { sqlstate: "3F000", message: format!("schema \"{schema}\" does not exist") })
        }
        _ => {
            let written = schema.map_or(name.to_owned(), |schema| format!("{schema}.{name}"));
            let message = format!("collation \"{written}\" for encoding \"UTF8\" does not exist");
            Some(Missing { sqlstate: "42704", message })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_locale_is_not_missing() {
        let catalog = Catalog::default();
        let there = [
            "C",
            "POSIX",
            "default",
            "en_US",
            "en_US.utf8",
            "de-x-icu",
            "zh-Hans-CN-x-icu",
            "german",
            "C.utf8",
            "English_United States.1252",
            "und-x-icu",
            "unicode",
            "ucs_basic",
        ];
        for name in there {
            assert_eq!(missing(&catalog, None, name), None, "{name}");
        }
        for name in ["nonsense", "fooled_bar", "foox-x-icu", "ja_JP.eucjp-x-icu", "case_insensitive"] {
            let message = format!("collation \"{name}\" for encoding \"UTF8\" does not exist");
            assert_eq!(missing(&catalog, None, name).map(|missing| missing.message), Some(message));
        }
        assert!(missing(&catalog, Some("nowhere"), "x").is_some_and(|missing| missing.sqlstate == "3F000"));
    }
}
