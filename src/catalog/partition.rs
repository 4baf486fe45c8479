//! Partition keys and bounds, read from what PostgreSQL prints of them, and how bounds lie to each other.

use std::cmp::Ordering;

use super::deparse;
use super::model::{Catalog, Name, Relation, TypeKind};
use super::moment::Moment;
use super::types::{TypeRef, parse_bool};
use super::typing::builtin_name;
use crate::syntax::grammar::{self, Token};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    List,
    Range,
    Hash,
}

impl Strategy {
    pub fn word(self) -> &'static str {
        match self {
            Strategy::List => "list",
            Strategy::Range => "range",
            Strategy::Hash => "hash",
        }
    }
}

/// `RANGE (created_at, lower(name))`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub strategy: Strategy,
    pub elements: Vec<Element>,
}

/// One of the columns or expressions of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// As it is written: a column's name, or an expression.
    pub text: String,
    /// `None` is an expression.
    pub column: Option<Name>,
    pub collation: Option<Name>,
    /// Whether its values are compared in another way than is usual for their type.
    pub has_class: bool,
}

impl Key {
    pub fn columns(&self) -> impl Iterator<Item = &Name> {
        self.elements.iter().filter_map(|element| element.column.as_ref())
    }

    pub fn has_expressions(&self) -> bool {
        self.elements.iter().any(|element| element.column.is_none())
    }

    /// The type of each element, over the table's row.
    pub fn types(&self, catalog: &Catalog, relation: &Relation) -> Vec<TypeRef> {
        let of = |element: &Element| match &element.column {
            Some(name) => relation.column(name).map_or(TypeRef::Unknown, |column| column.ty.clone()),
            None => deparse::type_of(catalog, &relation.columns, &element.text),
        };
        self.elements.iter().map(of).collect()
    }
}

/// Reads a key as `pg_get_partkeydef` prints it.
pub fn key(text: &str) -> Option<Key> {
    let (tokens, _) = grammar::scan(text);
    let word = |token: &Token| &text[token.span.range()];
    let strategy = match word(tokens.first()?) {
        "LIST" => Strategy::List,
        "RANGE" => Strategy::Range,
        "HASH" => Strategy::Hash,
        _ => return None,
    };
    let elements = items(&tokens[1..], text).0.into_iter();
    Some(Key { strategy, elements: elements.filter_map(|tokens| element(tokens, text)).collect() })
}

fn element(tokens: &[Token], text: &str) -> Option<Element> {
    let word = |token: &Token| &text[token.span.range()];
    let first = word(tokens.first()?);
    let is_call = tokens.get(1).is_some_and(|token| matches!(word(token), "(" | "."));
    if first == "(" || is_call {
        let end = closing(tokens, text).unwrap_or(tokens.len() - 1);
        let written = &text[tokens[0].span.start..tokens[end].span.end];
        return Some(Element {
            text: written.into(),
            column: None,
            collation: None,
            has_class: end + 1 < tokens.len(),
        });
    }
    let mut rest = &tokens[1..];
    let mut collation = None;
    if let [collate, name, ..] = rest
        && word(collate).eq_ignore_ascii_case("collate")
    {
        collation = Some(grammar::folded(word(name)).into());
        rest = &rest[2..];
        while let [dot, name, ..] = rest
            && word(dot) == "."
        {
            collation = Some(grammar::folded(word(name)).into());
            rest = &rest[2..];
        }
    }
    let column = grammar::folded(first);
    Some(Element {
        text: column.clone(),
        column: Some(column.into()),
        collation,
        has_class: !rest.is_empty(),
    })
}

/// Where the first parenthesis that is opened is closed.
fn closing(tokens: &[Token], text: &str) -> Option<usize> {
    let mut depth = 0;
    for (n, token) in tokens.iter().enumerate() {
        match &text[token.span.range()] {
            "(" => depth += 1,
            ")" => {
                depth -= 1;
                if depth == 0 {
                    return Some(n);
                }
            }
            _ => {}
        }
    }
    None
}

/// What stands between the commas of a list in parentheses, and what comes behind it.
fn items<'t>(tokens: &'t [Token], text: &str) -> (Vec<&'t [Token]>, &'t [Token]) {
    let Some(end) = closing(tokens, text) else { return (Vec::new(), &[]) };
    let inner = &tokens[1..end];
    let mut all = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (n, token) in inner.iter().enumerate() {
        match &text[token.span.range()] {
            "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            "," if depth == 0 => {
                all.push(&inner[start..n]);
                start = n + 1;
            }
            _ => {}
        }
    }
    if start < inner.len() {
        all.push(&inner[start..]);
    }
    (all, &tokens[end + 1..])
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    Default,
    List(Vec<Datum>),
    Range(Vec<Datum>, Vec<Datum>),
    Hash { modulus: i32, remainder: i32 },
}

/// A value of a bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Datum {
    Minimum,
    Maximum,
    Null,
    Value(String),
    /// An expression, of which the value is not known.
    Unknown,
}

/// Reads a bound as `pg_get_expr` prints it.
pub fn bound(text: &str) -> Option<Bound> {
    if text == "DEFAULT" {
        return Some(Bound::Default);
    }
    let (tokens, _) = grammar::scan(text);
    let word = |token: &Token| &text[token.span.range()];
    let (head, rest) = tokens.split_at_checked(3)?;
    let data = |tokens: &[&[Token]]| tokens.iter().map(|tokens| datum(tokens, text)).collect::<Vec<_>>();
    match word(&head[2]) {
        "IN" => Some(Bound::List(data(&items(rest, text).0))),
        "FROM" => {
            let (lower, rest) = items(rest, text);
            let (upper, _) = items(rest.get(1..)?, text);
            Some(Bound::Range(data(&lower), data(&upper)))
        }
        "WITH" => {
            let (items, _) = items(rest, text);
            let number = |n: usize| word(items.get(n)?.get(1)?).parse().ok();
            Some(Bound::Hash { modulus: number(0)?, remainder: number(1)? })
        }
        _ => None,
    }
}

fn datum(tokens: &[Token], text: &str) -> Datum {
    let [token] = tokens else { return Datum::Unknown };
    let word = &text[token.span.range()];
    match word {
        "MINVALUE" => Datum::Minimum,
        "MAXVALUE" => Datum::Maximum,
        "NULL" => Datum::Null,
        "true" | "false" => Datum::Value(word.into()),
        _ if word.starts_with(|c: char| c.is_ascii_digit()) => Datum::Value(word.into()),
        _ => match word.strip_prefix('\'').and_then(|inner| inner.strip_suffix('\'')) {
            Some(quoted) => Datum::Value(quoted.replace("''", "'")),
            None => Datum::Unknown,
        },
    }
}

/// How the values of a key's elements are compared.
pub struct Comparer<'c> {
    catalog: &'c Catalog,
    key: &'c Key,
    types: Vec<TypeRef>,
    /// Whether text is compared byte by byte.
    is_plain: Vec<bool>,
}

impl<'c> Comparer<'c> {
    pub fn new(catalog: &'c Catalog, relation: &Relation, key: &'c Key) -> Comparer<'c> {
        let is_plain = |element: &Element| {
            let of_column =
                element.column.as_ref().and_then(|name| relation.column(name)?.collation.as_ref());
            element.collation.as_ref().or(of_column).is_some_and(|name| matches!(&**name, "C" | "POSIX"))
        };
        let is_plain = key.elements.iter().map(is_plain).collect();
        Comparer { catalog, key, types: key.types(catalog, relation), is_plain }
    }

    /// How two values of the key's `n`th element lie to each other, where that is certain.
    pub fn values(&self, n: usize, a: &Datum, b: &Datum) -> Option<Ordering> {
        let rank = |datum: &Datum| match datum {
            Datum::Minimum => 0,
            Datum::Maximum => 2,
            _ => 1,
        };
        match (a, b) {
            (Datum::Unknown, _) | (_, Datum::Unknown) => None,
            (Datum::Value(a), Datum::Value(b)) => self.texts(n, a, b),
            (Datum::Null, Datum::Value(_)) => Some(Ordering::Greater),
            (Datum::Value(_), Datum::Null) => Some(Ordering::Less),
            (a, b) => Some(rank(a).cmp(&rank(b))),
        }
    }

    fn texts(&self, n: usize, a: &str, b: &str) -> Option<Ordering> {
        let has_class = self.key.elements.get(n).is_none_or(|element| element.has_class);
        if a == b {
            return Some(Ordering::Equal);
        }
        if has_class {
            return None;
        }
        let ty = self.types.get(n)?;
        match builtin_name(ty) {
            Some("int2" | "int4" | "int8" | "oid") => Some(integer(a)?.cmp(&integer(b)?)),
            // A modifier rounds, which may make two of them one.
            Some("numeric" | "float8") if ty.without_modifier() == *ty => decimals(a, b),
            Some("bool") => Some(parse_bool(a)?.cmp(&parse_bool(b)?)),
            Some("date") => Some(date(a)?.cmp(date(b)?)),
            Some("timestamp") => Some(Moment::parse(a)?.compare_local(Moment::parse(b)?)),
            Some("timestamptz") => Moment::parse(a)?.compare(Moment::parse(b)?),
            Some("uuid") => Some(uuid(a)?.cmp(&uuid(b)?)),
            // What another collation takes for one, or puts in another order, is not known here.
            Some("text" | "varchar") if self.is_plain.get(n) == Some(&true) => {
                Some(a.as_bytes().cmp(b.as_bytes()))
            }
            Some("name") => Some(a.as_bytes().cmp(b.as_bytes())),
            Some(_) => None,
            None => self.labels(ty, a, b),
        }
    }

    fn labels(&self, ty: &TypeRef, a: &str, b: &str) -> Option<Ordering> {
        let TypeRef::Named { schema, name, array: false, .. } = ty else { return None };
        match &self.catalog.schema(schema)?.types.get(name)?.kind {
            TypeKind::Enum { labels } => {
                let place = |text: &str| labels.iter().position(|label| **label == *text);
                Some(place(a)?.cmp(&place(b)?))
            }
            _ => None,
        }
    }

    /// Two ends of ranges (`partition_rbound_cmp`), with the element that tells them apart; a lower end comes behind
    /// an upper one of the same values.
    pub fn ends(&self, a: (&[Datum], bool), b: (&[Datum], bool)) -> Option<(Ordering, usize)> {
        let mut last = 0;
        for (n, (one, other)) in a.0.iter().zip(b.0).enumerate() {
            last = n;
            match self.values(n, one, other)? {
                Ordering::Equal if matches!(one, Datum::Minimum | Datum::Maximum) => break,
                Ordering::Equal => {}
                order => return Some((order, n)),
            }
        }
        Some((a.1.cmp(&b.1), if a.1 == b.1 { 0 } else { last }))
    }
}

fn integer(text: &str) -> Option<i128> {
    text.trim().parse().ok()
}

/// `2024-01-31`, which is in the order of its text.
fn date(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let fits = bytes.len() == 10
        && bytes.iter().enumerate().all(|(n, byte)| match n {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    fits.then_some(text)
}

fn uuid(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !matches!(c, '-' | '{' | '}')).collect();
    (digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .then(|| digits.to_ascii_lowercase())
}

/// Two numbers in plain notation, told apart by their digits.
fn decimals(a: &str, b: &str) -> Option<Ordering> {
    fn parts(text: &str) -> Option<(bool, &str, &str)> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        // A float keeps some fifteen digits, beyond which two of them may be one.
        let fits = is_digits(whole) && is_digits(fraction) && !whole.is_empty() && digits.len() <= 15;
        fits.then(|| (negative, whole.trim_start_matches('0'), fraction.trim_end_matches('0')))
    }
    let (a, b) = (parts(a)?, parts(b)?);
    let is_zero = |(_, whole, fraction): (bool, &str, &str)| whole.is_empty() && fraction.is_empty();
    let magnitude = a.1.len().cmp(&b.1.len()).then_with(|| a.1.cmp(b.1)).then_with(|| a.2.cmp(b.2));
    Some(match (a.0 && !is_zero(a), b.0 && !is_zero(b)) {
        (true, true) => magnitude.reverse(),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => magnitude,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partition_keys_are_read_as_they_are_printed() {
        let read = |text: &str| {
            let key = key(text).unwrap();
            (key.columns().map(|name| name.to_string()).collect::<Vec<_>>(), key.has_expressions())
        };
        assert_eq!(read("RANGE (a, \"B c\")"), (vec!["a".to_owned(), "B c".to_owned()], false));
        assert_eq!(read("LIST (a COLLATE \"C\" text_ops)"), (vec!["a".to_owned()], false));
        assert_eq!(read("HASH (a, ((b + 1)))"), (vec!["a".to_owned()], true));
        assert_eq!(read("RANGE (lower(a), date_trunc('day'::text, b))"), (vec![], true));
        let elements = key("RANGE (a COLLATE pg_catalog.\"C\", lower(b) text_pattern_ops)").unwrap().elements;
        assert_eq!((elements[0].collation.as_deref(), elements[0].has_class), (Some("C"), false));
        assert_eq!((elements[1].text.as_str(), elements[1].has_class), ("lower(b)", true));
    }

    #[test]
    fn bounds_are_read_as_they_are_printed() {
        let value = |text: &str| Datum::Value(text.into());
        assert_eq!(bound("DEFAULT"), Some(Bound::Default));
        assert_eq!(
            bound("FOR VALUES IN (1, 'it''s', NULL, true)"),
            Some(Bound::List(vec![value("1"), value("it's"), Datum::Null, value("true")]))
        );
        assert_eq!(
            bound("FOR VALUES FROM (MINVALUE, '-1') TO (now(), MAXVALUE)"),
            Some(Bound::Range(vec![Datum::Minimum, value("-1")], vec![Datum::Unknown, Datum::Maximum]))
        );
        assert_eq!(
            bound("FOR VALUES WITH (modulus 4, remainder 3)"),
            Some(Bound::Hash { modulus: 4, remainder: 3 })
        );
    }

    #[test]
    fn numbers_are_compared_by_their_digits() {
        for (a, b, order) in [
            ("1", "1.0", Ordering::Equal),
            ("-0", "0", Ordering::Equal),
            ("10", "9.99", Ordering::Greater),
            ("-10", "-9", Ordering::Less),
            ("0.5", "0.45", Ordering::Greater),
        ] {
            assert_eq!(decimals(a, b), Some(order), "{a} {b}");
            assert_eq!(decimals(b, a), Some(order.reverse()), "{b} {a}");
        }
        assert_eq!(decimals("1e5", "2"), None);
    }
}
