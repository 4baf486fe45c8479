//! One statement as it is written: tokens with comments, the concrete tree, placeholders.
//!
//! What an editor shows of a text's structure needs neither a catalog nor the history, only this. All offsets count
//! from the statement's first byte, so that what was found holds wherever the statement moves.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use crate::syntax::ast::Token as TokenKind;
use crate::syntax::automaton::{self, END, Parser, Symbol, Terminal};
use crate::syntax::body::Body;
use crate::syntax::cst::{Element, NodeId, Tree};
use crate::syntax::grammar::{self, ParseMode, Token};
use crate::syntax::params;
use crate::syntax::{Parse, Placed, Script, StatementKind};
use crate::text::Span;

/// How many terminals a tree is made of. A longer statement has one of its beginning.
const LONGEST: usize = 200_000;
/// How many mistakes are passed over before the rest of a statement stays without a tree.
const MISTAKES: usize = 12;

/// A statement's text and what can be told of it without knowing any name.
#[derive(Debug)]
pub struct Written {
    /// All of it: what stands before the code, the code, a psql command or COPY data behind it.
    pub text: String,
    pub kind: StatementKind,
    /// What PostgreSQL is sent.
    pub code: Span,
    /// Up to the code's end, comments among them. Of a text that the scanner refuses, what can be read of it.
    pub tokens: Vec<Token>,
    /// Of broken text too: see `tree`.
    pub tree: Tree,
    /// What the code is read as.
    pub mode: ParseMode,
    /// `:name`, `$1`: as they are written.
    pub placeholders: Vec<Span>,
    /// The string or comment that never ends.
    pub unclosed: Option<Span>,
    bodies: OnceLock<Vec<Body>>,
}

impl Written {
    pub fn new(script: &Script, placed: &Placed) -> Written {
        let text = script.document().slice(placed.span());
        let (kind, code) = (placed.statement.kind, placed.statement.code);
        let end = if kind == StatementKind::Psql { code.start } else { code.end };
        let (mut tokens, mut unclosed) = scan(&text[..end]);
        let mut terminals = automaton::terminals_of(&tokens);
        let mut placeholders = Vec::new();
        let parsed = automaton::follow(&terminals[..terminals.len().min(LONGEST)], ParseMode::Statements);
        let dialect = params::told(&text[..code.start]);
        let may_differ = parsed.is_err()
            || dialect.has_styles() && params::is_likely(&text[code.range()])
            || params::has_sqlc_calls(&text[code.range()]);
        if may_differ && kind == StatementKind::Sql && code.len() <= 1 << 20 {
            let parse = Parse::new(&text[code.range()], dialect);
            placeholders =
                parse.parameters.iter().map(|parameter| parameter.span.shift(code.start)).collect();
            if parse.sql != parse.text {
                let readable = format!("{}{}", &text[..code.start], parse.sql);
                (tokens, unclosed) = scan(&readable);
                terminals = automaton::terminals_of(&tokens);
            }
        }
        let native = tokens.iter().filter(|token| token.kind == TokenKind::Param).map(|token| token.span);
        let others: Vec<Span> = native
            .filter(|span| !placeholders.iter().any(|known: &Span| known.contains(span.start)))
            .collect();
        placeholders.extend(others);
        placeholders.sort_unstable();
        terminals.truncate(LONGEST);
        if parsed.is_err() {
            terminals = passed_over(&terminals, ParseMode::Statements);
        }
        let tree = Tree::new(terminals, ParseMode::Statements);
        let mode = ParseMode::Statements;
        Written { text, kind, code, tokens, tree, mode, placeholders, unclosed, bodies: OnceLock::new() }
    }

    /// A piece of a body, in which no placeholder is replaced before PostgreSQL reads it.
    pub fn piece(text: &str, mode: ParseMode) -> Written {
        let (tokens, unclosed) = scan(text);
        let mut terminals = automaton::terminals_of(&tokens);
        terminals.truncate(LONGEST);
        if automaton::follow(&terminals, mode).is_err() {
            terminals = passed_over(&terminals, mode);
        }
        let tree = Tree::new(terminals, mode);
        let native = tokens.iter().filter(|token| token.kind == TokenKind::Param);
        let placeholders = native.map(|token| token.span).collect();
        let start =
            tokens.iter().find(|token| !token.is_comment()).map_or(text.len(), |token| token.span.start);
        let code = Span::new(start, text.len());
        let kind = if start == text.len() { StatementKind::Blank } else { StatementKind::Sql };
        let text = text.to_owned();
        Written { text, kind, code, tokens, tree, mode, placeholders, unclosed, bodies: OnceLock::new() }
    }

    /// The code in the statement's strings, also where the statement is broken or a string has no end.
    pub fn bodies(&self) -> &[Body] {
        self.bodies.get_or_init(|| {
            let literals = self.tree.terminals().iter().enumerate().filter(|(n, terminal)| {
                matches!(terminal.token.kind, TokenKind::Sconst | TokenKind::Usconst)
                    && self.is_body(*n as u32)
            });
            let mut spans: Vec<Span> = literals.map(|(_, terminal)| terminal.span).collect();
            spans.extend(self.unclosed.filter(|open| self.slice(*open).contains(['\'', '$'])));
            let code = &self.text[self.code.start..];
            let dialect = params::told(&self.text[..self.code.start]);
            let inside = spans.into_iter().filter(|span| span.start > self.code.start);
            let found = inside.filter_map(|span| {
                let local = Span::new(span.start - self.code.start, span.end - self.code.start);
                let mut body = Body::assumed(code, local, dialect)?;
                body.literal = span;
                Some(body)
            });
            found.collect()
        })
    }

    /// The body whose string holds `offset`, with the place in the body's text.
    pub fn body_at(&self, offset: usize) -> Option<(&Body, usize)> {
        // What a body cannot hold need not be looked for.
        let near = self.token_at(offset).is_some_and(|token| {
            matches!(token.kind, TokenKind::Sconst | TokenKind::Usconst) && token.span.touches(offset)
        });
        if !near && !self.unclosed.is_some_and(|open| open.touches(offset)) {
            return None;
        }
        self.bodies().iter().find_map(|body| Some((body, body.to_inner(offset)?)))
    }

    /// Whether a string is the body of a function or of DO.
    fn is_body(&self, terminal: u32) -> bool {
        self.tree.ancestors(terminal).take(3).any(|node| {
            matches!(self.tree.name(node), "func_as" | "dostmt_opt_item")
                // `LANGUAGE 'sql'`
                && self.tree.children(node).len() == 1
        })
    }

    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// The placeholder that holds the byte at `offset`.
    pub fn placeholder_at(&self, offset: usize) -> Option<Span> {
        let n = self.placeholders.partition_point(|span| span.start <= offset).checked_sub(1)?;
        Some(self.placeholders[n]).filter(|span| span.contains(offset))
    }

    /// The token that `offset` is in or at the end of; the one that begins there where two meet.
    pub fn token_at(&self, offset: usize) -> Option<&Token> {
        let n = self.tokens.partition_point(|token| token.span.start <= offset).checked_sub(1)?;
        self.tokens[n].span.touches(offset).then(|| &self.tokens[n])
    }

    /// What the statement consists of, from its first word on: the parts of its production, and behind them those of
    /// the productions around it.
    pub fn parts(&self) -> Vec<Element> {
        self.opened(self.tree.roots().to_vec())
    }

    /// The same elements with the first of them taken apart until it is a token.
    pub fn opened(&self, mut parts: Vec<Element>) -> Vec<Element> {
        // From the end, so that the first is at hand.
        parts.reverse();
        while let Some(Element::Node(node)) = parts.last().copied() {
            parts.pop();
            parts.extend(self.tree.children(node).iter().rev());
        }
        parts.reverse();
        parts
    }

    /// The nodes of an element in the order of the text, each before those below it; what `enter` refuses is not
    /// gone into.
    pub fn walk(&self, from: Element, mut enter: impl FnMut(NodeId) -> bool) {
        let mut waiting = vec![from];
        while let Some(element) = waiting.pop() {
            let Element::Node(node) = element else { continue };
            if enter(node) {
                waiting.extend(self.tree.children(node).iter().rev());
            }
        }
    }

    /// The first node of one of these kinds in an element.
    pub fn find(&self, from: Element, names: &[&str]) -> Option<NodeId> {
        let mut found = None;
        self.walk(from, |node| {
            if found.is_none() && names.contains(&self.tree.name(node)) {
                found = Some(node);
            }
            found.is_none()
        });
        found
    }
}

/// The tokens of a text, behind some characters that the scanner refuses too, and the token that never ends.
pub(super) fn scan(text: &str) -> (Vec<Token>, Option<Span>) {
    // psql skips a byte order mark, PostgreSQL's scanner takes it for a name.
    let mut from = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut tokens = Vec::new();
    for _ in 0..grammar::MOST_JUNK {
        let (found, error) = grammar::scan(&text[from..]);
        tokens.extend(found.into_iter().map(|token| Token { span: token.span.shift(from), ..token }));
        let Some(error) = error else { return (tokens, None) };
        let Some(at) = error.offset.map(|offset| from + offset) else { return (tokens, None) };
        if error.message.starts_with("unterminated") {
            return (tokens, Some(Span::new(at, text.len())));
        }
        // Always further than before, whatever the scanner points at.
        from = text[at..].chars().next().map_or(text.len(), |c| at + c.len_utf8());
        if from >= text.len() {
            return (tokens, None);
        }
        if tokens.last().is_some_and(|last: &Token| last.span.end > from) {
            break;
        }
    }
    (tokens, None)
}

/// The terminals that are tried where one is missing.
fn stand_ins() -> &'static [Symbol] {
    static SYMBOLS: OnceLock<Vec<Symbol>> = OnceLock::new();
    SYMBOLS.get_or_init(|| {
        let names = ["IDENT", "')'", "SCONST", "ICONST", "','", "END_P", "SELECT", "']'", "AS", "'('", "';'"];
        names.iter().filter_map(|name| automaton::automaton().symbol(name)).collect()
    })
}

/// The terminals of broken text with mistakes passed over, so that a tree can be made of what is around them: one that
/// may not stand where it does is left out, or one without extent is put before it.
fn passed_over(terminals: &[Terminal], mode: ParseMode) -> Vec<Terminal> {
    let mut parser = Parser::new(mode);
    let mut kept: Vec<Terminal> = Vec::with_capacity(terminals.len() + 4);
    let mut mistakes = 0;
    let mut at = 0;
    while let Some(terminal) = terminals.get(at) {
        if parser.advance(terminal.symbol) {
            kept.push(*terminal);
            at += 1;
            continue;
        }
        mistakes += 1;
        // What does not begin as a statement does is none.
        if at == 0 || mistakes > MISTAKES {
            break;
        }
        let goes_on = |parser: &Parser, from: usize| {
            let mut parser = parser.clone();
            let rest = terminals[from.min(terminals.len())..].iter().map(|terminal| terminal.symbol);
            let next: Vec<Symbol> = rest.chain([END]).take(3).collect();
            next.iter().all(|symbol| *symbol != END && parser.advance(*symbol) || parser.accepts(*symbol))
        };
        let put_in = stand_ins().iter().find_map(|symbol| {
            let mut trial = parser.clone();
            // Several brackets may be open.
            (1..=3).find_map(|count| {
                (trial.advance(*symbol) && goes_on(&trial, at)).then(|| (*symbol, count, trial.clone()))
            })
        });
        if let Some((symbol, count, trial)) = put_in {
            parser = trial;
            kept.extend(std::iter::repeat_n(missing(symbol, terminal.span.start), count));
        } else {
            // Left out, whether that helps at once or not.
            at += 1;
        }
    }
    let end = kept.last().map_or(0, |last| last.span.end);
    for _ in 0..MISTAKES {
        if parser.accepts(END) {
            break;
        }
        let ending = stand_ins().iter().find(|symbol| {
            let mut trial = parser.clone();
            trial.advance(**symbol) && trial.accepts(END)
        });
        let next = ending.or_else(|| stand_ins().iter().find(|symbol| parser.accepts(**symbol)));
        let Some(symbol) = next else { break };
        parser.advance(*symbol);
        kept.push(missing(*symbol, end));
    }
    kept
}

fn missing(symbol: Symbol, at: usize) -> Terminal {
    let span = Span::at(at);
    let token = Token { span, kind: TokenKind::Nul, keyword: Default::default() };
    Terminal { symbol, span, token }
}

/// What is known of each statement of a document, kept by the statement's id: an edit costs what it changed.
#[derive(Debug)]
pub struct Kept<T> {
    known: Mutex<HashMap<u64, Arc<T>>>,
    made: AtomicU64,
}

impl<T> Default for Kept<T> {
    fn default() -> Kept<T> {
        Kept { known: Mutex::default(), made: AtomicU64::new(0) }
    }
}

impl<T> Kept<T> {
    /// What `make` says of each statement of `script`, which is asked only of those that are new; `None` if cancelled.
    /// What was known of statements that are gone is forgotten.
    pub fn of(
        &self,
        script: &Script,
        cancelled: &AtomicBool,
        make: impl Fn(&Written) -> T,
    ) -> Option<Vec<(Placed, Arc<T>)>> {
        // A second request waits here for the first one, which leaves it nothing to do.
        let mut known = self.known.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut all = Vec::new();
        for placed in script.statements() {
            if cancelled.load(Ordering::Relaxed) {
                known.extend(
                    all.iter().map(|(placed, kept): &(Placed, _)| (placed.statement.id, Arc::clone(kept))),
                );
                return None;
            }
            let kept = match known.get(&placed.statement.id) {
                Some(kept) => kept.clone(),
                None => {
                    self.made.fetch_add(1, Ordering::Relaxed);
                    Arc::new(make(&Written::new(script, &placed)))
                }
            };
            all.push((placed, kept));
        }
        *known = all.iter().map(|(placed, kept)| (placed.statement.id, kept.clone())).collect();
        Some(all)
    }

    /// The same for one statement. What is not known yet is not kept: the next answer for the whole document is.
    pub fn one(&self, script: &Script, placed: &Placed, make: impl Fn(&Written) -> T) -> Arc<T> {
        let known = self.known.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let found = known.get(&placed.statement.id).cloned();
        drop(known);
        found.unwrap_or_else(|| Arc::new(make(&Written::new(script, placed))))
    }

    /// How many statements were looked at so far.
    pub fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
pub(super) fn written(text: &str) -> Written {
    let script = Script::from(text);
    let placed = script.statements().next().expect("a statement");
    Written::new(&script, &placed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Edit;

    #[test]
    fn broken_text_has_a_tree() {
        for (text, node) in [
            ("select a, from t where x = 1", "where_clause"),
            ("select a from t where and b = 1 group by c", "group_clause"),
            ("create table t (a int, b text,, c int", "columnDef"),
            ("\u{feff}select :x from :t where a", "from_clause"),
            ("select coalesce(a, (b from t", "from_clause"),
            ("insert into t (a, b values (1, 2)", "insert_target"),
        ] {
            let written = written(text);
            assert_eq!(written.tree.roots().len(), 1, "{text}");
            let found = written.find(written.tree.roots()[0], &[node]);
            assert!(found.is_some_and(|node| !written.tree.span(Element::Node(node)).is_empty()), "{text}");
        }
        let open = written("select 1, 'é\nfrom");
        assert_eq!(open.unclosed, Some(Span::new(10, 18)));
        for text in ["\0", "select \0 1", "'", "}}}", "(", ")", ";", "\u{feff}"] {
            written(text);
        }
    }

    #[test]
    fn placeholders_are_as_written() {
        let written = written("-- é\nselect :a, $2 from t where b = %(name)s;");
        let found: Vec<&str> = written.placeholders.iter().map(|span| written.slice(*span)).collect();
        assert_eq!(found, [":a", "$2", "%(name)s"]);
        assert_eq!(written.tree.roots().len(), 1);
    }

    #[test]
    fn only_what_changed_is_looked_at_again() {
        let kept: Kept<usize> = Kept::default();
        let not = AtomicBool::new(false);
        let mut script = Script::from("select 1;\n".repeat(1000).as_str());
        kept.of(&script, &not, |written| written.tokens.len()).unwrap();
        // The line break at the end is a statement of its own.
        assert_eq!(kept.made(), 1001);
        script.apply(&Edit { span: Span::new(5006, 5006), text: "x".into() }).unwrap();
        let all = kept.of(&script, &not, |written| written.tokens.len()).unwrap();
        assert_eq!((kept.made(), all.len()), (1002, 1001));
        assert_eq!(kept.known.lock().unwrap().len(), 1001, "what is gone is forgotten");
        let cancelled = AtomicBool::new(true);
        assert!(kept.of(&script, &cancelled, |_| 0).is_none());
        kept.of(&script, &not, |_| 0).unwrap();
        assert_eq!(kept.made(), 1002);
    }
}
