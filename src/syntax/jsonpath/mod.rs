//! The language of `jsonpath` values: its text to a tree, or what `jsonpath_in` says against it.
//!
//! Files are named after PostgreSQL's own (jsonpath_scan.l, jsonpath_gram.y). What a version does not read yet is an
//! error for that version.

mod gram;
mod mutable;
mod scan;

pub use mutable::{Zone, is_mutable};

/// Parts that are applied one behind the other: `$`, `.a`, `[*]`.
pub type Chain = Vec<Item>;

/// A path as a tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    pub is_strict: bool,
    pub chain: Chain,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    Root,
    Current,
    Last,
    /// A number, a truth value or null.
    Literal,
    String(String),
    Variable(String),
    /// NOT, IS UNKNOWN, EXISTS, LIKE_REGEX, and signs.
    Unary(Chain),
    /// AND, OR, STARTS WITH, and calculations.
    Binary(Chain, Chain),
    Comparison(Chain, Chain),
    Subscripts(Vec<(Chain, Option<Chain>)>),
    AnyElement,
    /// `.*`
    AnyKey,
    /// `.**`, and whether the value itself is among what it gives.
    Any {
        with_itself: bool,
    },
    Key(String),
    Filter(Chain),
    /// A method by its name in small letters, with the text of its template.
    Method(String, Option<String>),
}

/// What is said against a text, with its SQLSTATE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub sqlstate: &'static str,
    pub message: String,
}

impl Error {
    fn new(sqlstate: &'static str, message: impl Into<String>) -> Error {
        Error { sqlstate, message: message.into() }
    }

    /// `jsonpath_yyerror`: `seen` is what the scanner took last, and nothing at the end.
    fn at(what: &str, seen: &str) -> Error {
        let place = match seen {
            "" => "at end".to_owned(),
            seen => format!("at or near \"{seen}\""),
        };
        Error::new("42601", format!("{what} {place} of jsonpath input"))
    }
}

/// Reads a text as PostgreSQL of that major version does.
pub fn parse(text: &str, major: u32) -> Result<Path, Error> {
    gram::parse(text, major)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_chain_of_parts() {
        let path = parse("strict $.a[0 to last].b ? (@.c > $x).size()", 18).unwrap();
        assert!(path.is_strict);
        let current = vec![Item::Current, Item::Key("c".into())];
        let expected = vec![
            Item::Root,
            Item::Key("a".into()),
            Item::Subscripts(vec![(vec![Item::Literal], Some(vec![Item::Last]))]),
            Item::Key("b".into()),
            Item::Filter(vec![Item::Comparison(current, vec![Item::Variable("x".into())])]),
            Item::Method("size".into(), None),
        ];
        assert_eq!(path.chain, expected);
    }

    #[test]
    fn what_is_wrong_is_said_in_postgresqls_words() {
        let says = |text: &str, major| parse(text, major).err().map(|error| error.message);
        assert_eq!(says("$.a ? (@ > 1)", 13), None);
        assert_eq!(says("$.a ? (@", 18).unwrap(), "syntax error at end of jsonpath input");
        assert_eq!(
            says("$[1a]", 18).unwrap(),
            "trailing junk after numeric literal at or near \"1a\" of jsonpath input"
        );
        assert_eq!(says("@.a", 18).unwrap(), "@ is not allowed in root expressions");
        assert_eq!(says("", 18).unwrap(), "invalid input syntax for type jsonpath: \"\"");
        assert_eq!(says("$.bigint()", 18), None);
        assert!(says("$.bigint()", 15).is_some());
    }
}
