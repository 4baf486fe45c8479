//! The identifiers of a statement, and how people misspell them.

use pgwright::syntax::ast::Token;
use pgwright::syntax::grammar::{self, ParseMode};
use pgwright::text::Span;

/// A name in a statement's text; of a quoted one what is between the quotes.
#[derive(Clone, Debug)]
pub struct Identifier {
    pub span: Span,
}

/// The identifiers of a statement, those in dollar quotes among them, which hold the code of functions and blocks.
pub fn identifiers(text: &str) -> Vec<Identifier> {
    let mut found = Vec::new();
    add(text, 0, &mut found, &|span| is_identifier(text, span));
    found
}

fn add(text: &str, start: usize, found: &mut Vec<Identifier>, is_name: &dyn Fn(Span) -> bool) {
    let (tokens, _) = grammar::scan(text);
    for token in tokens {
        let written = &text[token.span.range()];
        let span = token.span.shift(start);
        if token.kind == Token::Sconst && written.starts_with('$') {
            let quote = written[1..].find('$').map_or(0, |at| at + 2);
            if written.len() >= 2 * quote {
                let code = &written[quote..written.len() - quote];
                // A keyword's part in a body is not asked for: it counts where it can only be a name.
                add(code, span.start + quote, found, &|_| false);
            }
        } else if token.kind == Token::Ident && written.starts_with('"') {
            found.push(Identifier { span: Span::new(span.start + 1, span.end - 1) });
        } else if token.kind == Token::Ident || token.is_name() && is_name(token.span) {
            found.push(Identifier { span });
        }
    }
}

/// Whether a keyword stands where an identifier may.
fn is_identifier(text: &str, span: Span) -> bool {
    let quoted = format!("{}\"{}\"{}", &text[..span.start], &text[span.range()], &text[span.end..]);
    grammar::check_as(&quoted, ParseMode::Statements).is_ok()
}

/// The name with one letter dropped, doubled, swapped with the next, or replaced.
pub fn misspell(name: &str, random: &mut Random) -> String {
    let letters: Vec<char> = name.chars().collect();
    loop {
        let mut other = letters.clone();
        let at = random.below(letters.len());
        match random.below(4) {
            0 if letters.len() > 1 => {
                other.remove(at);
            }
            1 => other.insert(at, letters[at]),
            2 if at + 1 < letters.len() => other.swap(at, at + 1),
            3 => other[at] = char::from(b'a' + random.below(26) as u8),
            _ => {}
        }
        // What begins with a digit is no name any more.
        if other != letters && !other[0].is_ascii_digit() && other[0] != '$' {
            return other.into_iter().collect();
        }
    }
}

/// A generator of numbers, the same for the same seed (SplitMix64).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for n in (1..items.len()).rev() {
            items.swap(n, self.below(n + 1));
        }
    }
}
