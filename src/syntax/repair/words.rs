//! The words of the grammar near to a misspelt one.

use std::sync::OnceLock;

use crate::syntax::automaton::{Symbol, automaton};
use crate::syntax::grammar;

/// A keyword that may have been meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meant {
    /// One word, or two that were written as one.
    pub words: Vec<&'static str>,
    pub cost: u32,
}

struct Word {
    text: &'static str,
    letters: u32,
}

fn letters(word: &str) -> u32 {
    word.bytes().filter(u8::is_ascii_lowercase).fold(0, |set, byte| set | 1 << (byte - b'a'))
}

fn words() -> &'static [Word] {
    static WORDS: OnceLock<Vec<Word>> = OnceLock::new();
    WORDS.get_or_init(|| {
        grammar::keywords()
            .iter()
            .map(|keyword| Word { text: keyword.text, letters: letters(keyword.text) })
            .collect()
    })
}

/// The terminals that a keyword is: more than one where the parser looks at what follows (`NOT` before `IN`).
pub fn terminals(word: &str) -> &'static [Symbol] {
    static TERMINALS: OnceLock<Vec<(&'static str, Vec<Symbol>)>> = OnceLock::new();
    let terminals = TERMINALS.get_or_init(|| {
        let automaton = automaton();
        let of = |text: &str| -> Vec<Symbol> {
            let is_it =
                |symbol: &Symbol| automaton.keyword(*symbol).is_some_and(|keyword| keyword.text == text);
            (0..automaton.terminals()).filter(is_it).collect()
        };
        grammar::keywords().iter().map(|keyword| (keyword.text, of(keyword.text))).collect()
    });
    terminals.binary_search_by(|(text, _)| (*text).cmp(word)).map_or(&[], |n| &terminals[n].1)
}

/// The keywords near to `word`, the nearest first. Costs are in tenths of an ordinary change.
pub fn meant(word: &str) -> Vec<Meant> {
    let word = word.to_ascii_lowercase();
    if word.len() < 2 || word.len() > 24 || !word.is_ascii() {
        return Vec::new();
    }
    let mine = letters(&word);
    let mut found: Vec<Meant> = Vec::new();
    for other in words() {
        let most = if word.len() >= 5 { 2 } else { 1 };
        if other.text.len().abs_diff(word.len()) > most
            || (other.letters ^ mine).count_ones() > 2 * most as u32
        {
            continue;
        }
        let cost = match (strsim::osa_distance(&word, other.text), word.len().min(other.text.len())) {
            (1, 4..) => 8,
            (1, 3) => 9,
            (1, _) => 22,
            (2, 6..) => 16,
            (2, 5) => 20,
            _ => continue,
        };
        // A swap of neighbours is the commonest slip of the hand.
        let swapped = letters(&word) == other.letters && word.len() == other.text.len();
        found.push(Meant { words: vec![other.text], cost: if swapped { cost - 2 } else { cost } });
    }
    for at in 2..word.len().saturating_sub(1) {
        if let (Some(one), Some(two)) = (grammar::keyword(&word[..at]), grammar::keyword(&word[at..])) {
            found.push(Meant { words: vec![one.text, two.text], cost: 7 });
        }
    }
    found.sort_by_key(|meant| meant.cost);
    found.truncate(12);
    found
}

/// `word` in the case that `like` is written in.
pub fn cased(word: &str, like: &str) -> String {
    let mut letters = like.chars().filter(|c| c.is_alphabetic());
    match (letters.next(), letters.next()) {
        (Some(first), second) if first.is_uppercase() && second.is_none_or(char::is_uppercase) => {
            word.to_ascii_uppercase()
        }
        (Some(first), _) if first.is_uppercase() => word[..1].to_ascii_uppercase() + &word[1..],
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_keywords_are_found() {
        for (word, expected) in [
            ("selct", "select"),
            ("FORM", "from"),
            ("wehre", "where"),
            ("oder", "order"),
            ("udpate", "update"),
            ("vlaues", "values"),
            ("tabel", "table"),
            ("groupby", "group by"),
        ] {
            let near: Vec<String> = meant(word).iter().map(|meant| meant.words.join(" ")).collect();
            assert!(near.iter().any(|near| near == expected), "{word}: {near:?}");
        }
        assert!(meant("customer_id").is_empty() && meant("x").is_empty() && meant("é").is_empty());
        assert_eq!(terminals("not").len(), 2);
        assert_eq!(
            (cased("from", "FORM"), cased("from", "Form"), cased("from", "form")),
            ("FROM".into(), "From".into(), "from".into())
        );
    }
}
