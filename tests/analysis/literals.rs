//! Literals of many types, right and spoilt at random, compared with what the input functions of real servers say.

use super::postgres;
use pgwright::analysis;
use pgwright::catalog::Catalog;
use pgwright::syntax::Parse;

/// A type and texts of values of it, which are spoilt to make others.
pub struct Seeds {
    pub ty: &'static str,
    pub texts: &'static [&'static str],
    /// Of a hundred texts that a server refuses, how many must be refused without it.
    pub found: usize,
}

/// Numbers that follow from a seed (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

/// One of the texts, mostly with a few of its characters changed, or with a part of another one.
fn spoilt(random: &mut Random, texts: &[&str]) -> String {
    let mut text: Vec<char> = texts[random.below(texts.len())].chars().collect();
    for _ in 0..random.below(4) {
        let other: Vec<char> = texts[random.below(texts.len())].chars().collect();
        let at = random.below(text.len() + 1);
        match random.below(6) {
            0 if at < text.len() => {
                text.remove(at);
            }
            1 if !other.is_empty() => text.insert(at, other[random.below(other.len())]),
            2 if at < text.len() && !other.is_empty() => text[at] = other[random.below(other.len())],
            3 => text.truncate(at),
            4 if !other.is_empty() => {
                let start = random.below(other.len());
                let end = (start + 1 + random.below(6)).min(other.len());
                text.splice(at..at, other[start..end].iter().copied());
            }
            5 if at + 1 < text.len() => text.swap(at, at + 1),
            _ => {}
        }
    }
    text.into_iter().collect()
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// What a server says of each text.
fn real(server: &postgres::Postgres, database: &str, ty: &str, texts: &[String]) -> Vec<Option<String>> {
    let mut said = Vec::new();
    for texts in texts.chunks(500) {
        let rows: Vec<String> =
            texts.iter().enumerate().map(|(n, text)| format!("({n}, {})", quoted(text))).collect();
        let query = format!("SELECT says('{ty}', t) FROM (VALUES {}) AS v(n, t) ORDER BY n", rows.join(", "));
        said.extend(server.query_in(database, &query).into_iter().map(|mut row| row.remove(0)));
    }
    said
}

const SAYS: &str = "CREATE FUNCTION says(ty text, value text) RETURNS text LANGUAGE plpgsql AS $$
    BEGIN
        EXECUTE format('SELECT %L::%s', value, ty);
        RETURN NULL;
    EXCEPTION WHEN OTHERS THEN
        RETURN SQLSTATE || ' ' || SQLERRM;
    END $$";

/// Compares as many texts a type as `PGWRIGHT_LITERALS` says, by the seed of `PGWRIGHT_SEED`.
pub fn compare(major: u32, seeds: &[Seeds], schema: &str, catalog: &Catalog) {
    let server = postgres::shared(major);
    let database = server.fresh_database();
    server.execute_in(&database, schema);
    server.execute_in(&database, SAYS);
    let count = super::number("PGWRIGHT_LITERALS").unwrap_or(1000) as usize;
    let mut random = Random(super::number("PGWRIGHT_SEED").unwrap_or(1).wrapping_mul(0x9E37_79B9) | 1);
    let mut wrong = Vec::new();
    let only = std::env::var("PGWRIGHT_TYPE").ok();
    for Seeds { ty, texts, found } in seeds {
        if only.as_ref().is_some_and(|only| only != ty) {
            continue;
        }
        // Sets of ranges came with PostgreSQL 14.
        if ty.ends_with("multirange") && major < 14 {
            continue;
        }
        let mut all: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        all.extend((0..count).map(|_| spoilt(&mut random, texts)));
        let said = real(server, &database, ty, &all);
        let (mut refused, mut told, mut missed) = (0, 0, Vec::new());
        for (text, said) in all.iter().zip(said) {
            // No regular expression is read without a server.
            if said.as_ref().is_some_and(|said| said.starts_with("2201B")) {
                continue;
            }
            let parse = Parse::plain(&format!("SELECT {}::{ty}", quoted(text)));
            let own = analysis::analyze(&parse, catalog).diagnostics.into_iter().next();
            let own = own.map(|own| format!("{} {}", own.sqlstate, own.message));
            refused += usize::from(said.is_some());
            match (said, own) {
                (None, Some(own)) => wrong.push(format!("{ty} {text:?}\n    false: {own}")),
                (Some(said), Some(own)) if said != own => {
                    wrong.push(format!("{ty} {text:?}\n    is:    {said}\n    found: {own}"));
                }
                (Some(_), Some(_)) => told += 1,
                (Some(said), None) => missed.push(format!("{ty} {text:?}\n    missed: {said}")),
                (None, None) => {}
            }
        }
        println!("PostgreSQL {major}, {ty}: {told} of {refused} refused texts found");
        missed.iter().take(12).for_each(|line| println!("{line}"));
        if told * 100 < refused * found {
            wrong.push(format!("{ty}: {told} of {refused} refused texts found"));
        }
    }
    assert!(wrong.is_empty(), "PostgreSQL {major}: {}\n{}", wrong.len(), wrong.join("\n"));
}
