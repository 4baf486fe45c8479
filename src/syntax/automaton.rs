//! The automaton of PostgreSQL's own parser: which token may follow which text, without parsing the text again.
//!
//! libpg_query says where a text stops being SQL, but not what could have stood there. Its tables do: they are read
//! from its source when pgwright is built (`build.rs`), so they are those of the parser that is linked. Here they are
//! only followed; what a text means, and whether it is valid, libpg_query alone decides: a few rules are checked by the
//! grammar's actions and not by its tables.

use std::sync::OnceLock;

use super::ast::Token as TokenKind;
use super::grammar::{self, GrammarError, Keyword, ParseMode, Token};
use crate::text::Span;

/// A symbol of the grammar: a terminal below `Automaton::terminals()`, a nonterminal from there on.
pub type Symbol = u16;
pub type State = u16;
/// The number of a production.
pub type Rule = u16;

/// The end of the input, as a terminal.
pub const END: Symbol = 0;
/// What no production takes: a character that no token begins with.
pub const UNDEFINED: Symbol = 2;

/// What the automaton does in a state at a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Shift(State),
    Reduce(Rule),
    /// The terminal is `END`, and all of the text was SQL.
    Accept,
    Error,
}

/// Bison's tables. Their names and their reading are those of its skeleton `yacc.c`.
#[derive(Debug)]
pub struct Automaton {
    last_state: State,
    terminals: Symbol,
    no_row: i32,
    no_entry: i16,
    translate: Vec<Symbol>,
    rule_start: Vec<u16>,
    rule_symbols: Vec<i16>,
    rule_symbol: Vec<Symbol>,
    rule_len: Vec<u8>,
    default_rule: Vec<Rule>,
    default_goto: Vec<i16>,
    row: Vec<i32>,
    goto_row: Vec<i16>,
    table: Vec<i16>,
    check: Vec<i16>,
    state_symbol: Vec<Symbol>,
    names: Vec<&'static str>,
    keywords: Vec<Option<Keyword>>,
}

/// The automaton of the linked grammar.
pub fn automaton() -> &'static Automaton {
    static AUTOMATON: OnceLock<Automaton> = OnceLock::new();
    AUTOMATON.get_or_init(Automaton::read)
}

impl Automaton {
    fn read() -> Automaton {
        let bytes = include_bytes!(concat!(env!("OUT_DIR"), "/grammar_tables.bin"));
        let names = include_str!(concat!(env!("OUT_DIR"), "/grammar_symbols.txt")).lines().collect();
        let mut numbers = bytes.as_chunks::<4>().0.iter().map(|bytes| i32::from_le_bytes(*bytes));
        let mut number = || numbers.next().unwrap_or_default();
        let (last_state, terminals, no_row, no_entry) =
            (number() as State, number() as Symbol, number(), number() as i16);
        fn table<T>(number: &mut impl FnMut() -> i32, of: impl Fn(i32) -> T) -> Vec<T> {
            (0..number()).map(|_| of(number())).collect()
        }
        let mut automaton = Automaton {
            last_state,
            terminals,
            no_row,
            no_entry,
            translate: table(&mut number, |n| n as Symbol),
            rule_start: table(&mut number, |n| n as u16),
            rule_symbols: table(&mut number, |n| n as i16),
            rule_symbol: table(&mut number, |n| n as Symbol),
            rule_len: table(&mut number, |n| n as u8),
            default_rule: table(&mut number, |n| n as Rule),
            default_goto: table(&mut number, |n| n as i16),
            row: table(&mut number, |n| n),
            goto_row: table(&mut number, |n| n as i16),
            table: table(&mut number, |n| n as i16),
            check: table(&mut number, |n| n as i16),
            state_symbol: table(&mut number, |n| n as Symbol),
            names,
            keywords: vec![None; terminals as usize],
        };
        let all = grammar::keywords();
        for (token, keyword) in grammar::scan(&all_words()).0.iter().zip(all) {
            let symbol = automaton.terminal(token.kind);
            automaton.keywords[symbol as usize] = Some(*keyword);
        }
        // The words that the parser's lookahead tells apart (`NOT` before `IN`) are the same words.
        for (symbol, word) in lookahead_words() {
            let Some(symbol) = automaton.symbol(symbol) else { continue };
            automaton.keywords[symbol as usize] = grammar::keyword(word);
        }
        automaton
    }

    /// How many terminals there are; symbols from here on are nonterminals.
    pub fn terminals(&self) -> Symbol {
        self.terminals
    }

    /// How many states there are.
    pub fn states(&self) -> usize {
        self.row.len()
    }

    /// The one production that a state reduces by whatever follows; `None` where what follows matters.
    pub fn only_rule(&self, state: State) -> Option<Rule> {
        let rule = self.default_rule[state as usize];
        (self.row[state as usize] == self.no_row && rule != 0).then_some(rule)
    }

    /// The production that a state reduces by where its row does not say otherwise; 0 where there is none.
    pub fn default_rule(&self, state: State) -> Rule {
        self.default_rule[state as usize]
    }

    /// The terminal that the scanner's token is.
    pub fn terminal(&self, kind: TokenKind) -> Symbol {
        // A character that no token begins with has no kind; it is not the end of the text.
        if kind == TokenKind::Nul {
            return UNDEFINED;
        }
        self.translate.get(kind as usize).copied().unwrap_or(UNDEFINED)
    }

    /// The symbol's name in the grammar: `SELECT`, `'('`, `a_expr`.
    pub fn name(&self, symbol: Symbol) -> &'static str {
        self.names.get(symbol as usize).copied().unwrap_or("")
    }

    /// The symbol of that name.
    pub fn symbol(&self, name: &str) -> Option<Symbol> {
        self.names.iter().position(|other| *other == name).map(|n| n as Symbol)
    }

    /// The keyword that a terminal is.
    pub fn keyword(&self, terminal: Symbol) -> Option<Keyword> {
        self.keywords.get(terminal as usize).copied().flatten()
    }

    /// The terminal that a word is when it is a keyword, whatever its case.
    pub fn keyword_terminal(&self, word: &str) -> Option<Symbol> {
        let keyword = grammar::keyword(word)?;
        self.keywords
            .iter()
            .position(|other| other.is_some_and(|other| other.text == keyword.text))
            .map(|n| n as Symbol)
    }

    /// What a production makes.
    pub fn rule_symbol(&self, rule: Rule) -> Symbol {
        self.rule_symbol[rule as usize]
    }

    /// How many symbols a production takes.
    pub fn rule_len(&self, rule: Rule) -> usize {
        usize::from(self.rule_len[rule as usize])
    }

    /// What a production takes.
    pub fn rule_symbols(&self, rule: Rule) -> impl Iterator<Item = Symbol> + Clone + '_ {
        let start = usize::from(self.rule_start[rule as usize]);
        self.rule_symbols[start..start + self.rule_len(rule)].iter().map(|symbol| *symbol as Symbol)
    }

    pub fn rules(&self) -> std::ops::Range<Rule> {
        1..self.rule_len.len() as Rule
    }

    /// The symbol behind which a state stands.
    pub fn state_symbol(&self, state: State) -> Symbol {
        self.state_symbol[state as usize]
    }

    pub fn action(&self, state: State, terminal: Symbol) -> Action {
        let row = self.row[state as usize];
        let at = row + i32::from(terminal);
        if row == self.no_row
            || at < 0
            || at as usize >= self.table.len()
            || self.check[at as usize] != terminal as i16
        {
            return match self.default_rule[state as usize] {
                0 => Action::Error,
                rule => Action::Reduce(rule),
            };
        }
        match self.table[at as usize] {
            0 => Action::Error,
            entry if entry == self.no_entry => Action::Error,
            entry if entry < 0 => Action::Reduce(-entry as Rule),
            entry if entry as State == self.last_state => Action::Accept,
            entry => Action::Shift(entry as State),
        }
    }

    /// The state behind a nonterminal that was recognized in `state`.
    pub fn goto(&self, state: State, nonterminal: Symbol) -> State {
        let column = usize::from(nonterminal - self.terminals);
        let at = i32::from(self.goto_row[column]) + i32::from(state);
        if at >= 0 && (at as usize) < self.table.len() && self.check[at as usize] == state as i16 {
            return self.table[at as usize] as State;
        }
        self.default_goto[column] as State
    }

    /// The terminal that the parser reads first in a mode other than that for statements.
    fn mode_terminal(&self, mode: ParseMode) -> Option<Symbol> {
        let name = match mode {
            ParseMode::Statements => return None,
            ParseMode::TypeName => "MODE_TYPE_NAME",
            ParseMode::PlpgsqlExpression => "MODE_PLPGSQL_EXPR",
            ParseMode::PlpgsqlAssignment1 => "MODE_PLPGSQL_ASSIGN1",
            ParseMode::PlpgsqlAssignment2 => "MODE_PLPGSQL_ASSIGN2",
            ParseMode::PlpgsqlAssignment3 => "MODE_PLPGSQL_ASSIGN3",
        };
        self.symbol(name)
    }
}

/// The terminals that PostgreSQL's `base_yylex` puts in the place of words, and the words.
fn lookahead_words() -> [(&'static str, &'static str); 5] {
    [
        ("NOT_LA", "not"),
        ("NULLS_LA", "nulls"),
        ("WITH_LA", "with"),
        ("WITHOUT_LA", "without"),
        ("FORMAT_LA", "format"),
    ]
}

/// What the parser takes a token for when `next` follows it.
fn looking_ahead(kind: TokenKind, next: TokenKind) -> TokenKind {
    match (kind, next) {
        (TokenKind::Format, TokenKind::Json) => TokenKind::FormatLa,
        (
            TokenKind::Not,
            TokenKind::Between | TokenKind::InP | TokenKind::Like | TokenKind::Ilike | TokenKind::Similar,
        ) => TokenKind::NotLa,
        (TokenKind::NullsP, TokenKind::FirstP | TokenKind::LastP) => TokenKind::NullsLa,
        (TokenKind::With, TokenKind::Time | TokenKind::Ordinality) => TokenKind::WithLa,
        (TokenKind::Without, TokenKind::Time) => TokenKind::WithoutLa,
        (kind, _) => kind,
    }
}

/// The terminals that a word may be for the parser: `NOT` and that before `IN`. Which one the next token says.
pub fn readings(terminal: Symbol) -> Vec<Symbol> {
    let automaton = automaton();
    let ahead = lookahead_words().into_iter().filter_map(|(symbol, _)| automaton.symbol(symbol));
    let word = automaton.keyword(terminal).map(|keyword| keyword.text);
    let other =
        ahead.filter(|other| word.is_some() && automaton.keyword(*other).map(|other| other.text) == word);
    std::iter::once(terminal).chain(other.filter(|other| *other != terminal)).collect()
}

/// The terminal that a word is before `next`, given one of those that it may be.
pub fn with_lookahead(terminal: Symbol, next: Symbol) -> Symbol {
    static AHEAD: OnceLock<Vec<(Symbol, Symbol, Vec<Symbol>)>> = OnceLock::new();
    let ahead = AHEAD.get_or_init(|| {
        let automaton = automaton();
        let symbols = |kinds: &[TokenKind]| kinds.iter().map(|kind| automaton.terminal(*kind)).collect();
        lookahead_words()
            .into_iter()
            .filter_map(|(symbol, word)| {
                let ahead = automaton.symbol(symbol)?;
                let (tokens, _) = grammar::scan(word);
                let plain = tokens.first()?.kind;
                let before: Vec<TokenKind> = grammar::scan(&all_words())
                    .0
                    .iter()
                    .map(|token| token.kind)
                    .filter(|next| looking_ahead(plain, *next) != plain)
                    .collect();
                Some((automaton.terminal(plain), ahead, symbols(&before)))
            })
            .collect()
    });
    match ahead.iter().find(|(plain, ahead, _)| terminal == *plain || terminal == *ahead) {
        Some((_, ahead, before)) if before.contains(&next) => *ahead,
        Some((plain, ..)) => *plain,
        None => terminal,
    }
}

fn all_words() -> String {
    grammar::keywords().iter().map(|keyword| keyword.text).collect::<Vec<_>>().join(" ")
}

/// A terminal of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminal {
    pub symbol: Symbol,
    /// In the text. With `UESCAPE 'x'` where that belongs to it.
    pub span: Span,
    /// The scanner's token, or its first one.
    pub token: Token,
}

/// The terminals of a text as the parser sees them: without comments, and with those of PostgreSQL's lookahead
/// (`base_yylex`) in place. Up to the scanner's first error.
pub fn terminals(text: &str) -> (Vec<Terminal>, Option<GrammarError>) {
    let (tokens, error) = grammar::scan(text);
    (terminals_of(&tokens), error)
}

/// The terminals that tokens come to.
pub fn terminals_of(tokens: &[Token]) -> Vec<Terminal> {
    let automaton = automaton();
    let mut found: Vec<Terminal> = Vec::with_capacity(tokens.len());
    let mut tokens = tokens.iter().filter(|token| !token.is_comment()).copied().peekable();
    while let Some(token) = tokens.next() {
        let next = tokens.peek().map(|next| next.kind);
        let mut span = token.span;
        let kind = match (token.kind, next) {
            (TokenKind::Uident | TokenKind::Usconst, _) => {
                if next == Some(TokenKind::Uescape) {
                    tokens.next();
                    if let Some(escape) = tokens.next_if(|token| token.kind == TokenKind::Sconst) {
                        span.end = escape.span.end;
                    }
                }
                if token.kind == TokenKind::Uident { TokenKind::Ident } else { TokenKind::Sconst }
            }
            (kind, Some(next)) => looking_ahead(kind, next),
            (kind, None) => kind,
        };
        found.push(Terminal { symbol: automaton.terminal(kind), span, token });
    }
    found
}

/// The parser between two tokens of a text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Parser {
    states: Vec<State>,
}

/// What `Parser::advance` tells of each production that is reduced on the way.
pub type OnReduce<'a> = &'a mut dyn FnMut(Rule);

impl Parser {
    /// A parser before the first token.
    pub fn new(mode: ParseMode) -> Parser {
        let mut parser = Parser { states: vec![0] };
        if let Some(terminal) = automaton().mode_terminal(mode) {
            parser.advance(terminal);
        }
        parser
    }

    /// The states, the newest last.
    pub fn states(&self) -> &[State] {
        &self.states
    }

    pub fn state(&self) -> State {
        self.states.last().copied().unwrap_or_default()
    }

    /// Takes a terminal; `false`, and nothing has changed, where it may not stand. At `END` it only says whether all
    /// of the text was SQL.
    pub fn advance(&mut self, terminal: Symbol) -> bool {
        self.advance_with(terminal, &mut |_| {})
    }

    /// The same, telling each production that is reduced before the terminal is shifted.
    pub fn advance_with(&mut self, terminal: Symbol, reduced: OnReduce) -> bool {
        let mut trial = Trial::new(&self.states);
        match trial.run(terminal, reduced) {
            Some(next) => {
                let Trial { kept, over, .. } = trial;
                self.states.truncate(kept);
                self.states.extend_from_slice(&over);
                self.states.extend(next);
                true
            }
            None => false,
        }
    }

    /// Whether `terminal` may stand here.
    pub fn accepts(&self, terminal: Symbol) -> bool {
        Trial::new(&self.states).run(terminal, &mut |_| {}).is_some()
    }

    /// The productions that are reduced before `terminal` is shifted; `None` where it may not stand here.
    pub fn reductions(&self, terminal: Symbol) -> Option<Vec<Rule>> {
        let mut rules = Vec::new();
        Trial::new(&self.states).run(terminal, &mut |rule| rules.push(rule))?;
        Some(rules)
    }

    /// All terminals that may stand here, `END` among them where the text may end.
    pub fn expected(&self) -> Vec<Symbol> {
        (0..automaton().terminals()).filter(|terminal| self.accepts(*terminal)).collect()
    }
}

/// A run of the automaton that leaves the parser's states as they are.
struct Trial<'a> {
    states: &'a [State],
    /// How many of `states` are still on the stack, below `over`.
    kept: usize,
    over: Vec<State>,
}

impl Trial<'_> {
    fn new(states: &[State]) -> Trial<'_> {
        Trial { states, kept: states.len(), over: Vec::new() }
    }

    fn top(&self) -> State {
        self.over.last().or(self.states[..self.kept].last()).copied().unwrap_or_default()
    }

    /// Reduces until `terminal` can be shifted. `Some(Some(state))`: it is; `Some(None)`: it is the accepted end.
    fn run(&mut self, terminal: Symbol, reduced: OnReduce) -> Option<Option<State>> {
        let automaton = automaton();
        loop {
            match automaton.action(self.top(), terminal) {
                Action::Shift(state) => return Some(Some(state)),
                Action::Accept => return Some(None),
                Action::Error => return None,
                Action::Reduce(rule) => {
                    let len = automaton.rule_len(rule);
                    let from_over = len.min(self.over.len());
                    self.over.truncate(self.over.len() - from_over);
                    self.kept -= len - from_over;
                    reduced(rule);
                    self.over.push(automaton.goto(self.top(), automaton.rule_symbol(rule)));
                }
            }
        }
    }
}

/// Follows `terminals` from the start of a text. `Err` has the index of the first one that may not stand where it
/// does (their number where the text may not end yet), and the parser before it.
pub fn follow(terminals: &[Terminal], mode: ParseMode) -> Result<Parser, (usize, Parser)> {
    let mut parser = Parser::new(mode);
    for (n, terminal) in terminals.iter().enumerate() {
        if !parser.advance(terminal.symbol) {
            return Err((n, parser));
        }
    }
    if parser.accepts(END) { Ok(parser) } else { Err((terminals.len(), parser)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The offset of the error that the tables find.
    fn verdict(text: &str) -> Option<usize> {
        let (terminals, error) = terminals(text);
        match follow(&terminals, ParseMode::Statements) {
            Ok(_) => error.and_then(|error| error.offset),
            Err((n, _)) => Some(terminals.get(n).map_or_else(
                || error.and_then(|error| error.offset).unwrap_or(text.trim_end().len()),
                |terminal| terminal.span.start,
            )),
        }
    }

    #[test]
    fn the_tables_say_what_the_parser_says() {
        for text in [
            "select 1",
            "select a, b from t where not a in (1) order by 1 nulls first",
            "select , from t",
            "select from where",
            "create table t (a int, )",
            "create table t (a timestamp without time zone, b time with time zone)",
            "select u&'d!0061t!+000061' uescape '!', u&\"x\"",
            "select * from t with ordinality",
            "insert into t values (1) on conflict do nothing returning *; select 2;",
            "select (1",
            "selec 1",
            "",
            ";",
            "create function f() returns int begin atomic select 1; end",
            "grant select on t to",
            "select json_object('a' : 1 format json)",
            "select 1 {",
            "select 1 {x}",
        ] {
            let parsed = grammar::check(text).err().and_then(|error| error.offset);
            assert_eq!(verdict(text), parsed, "{text}");
        }
    }

    #[test]
    fn expected_tokens_are_exact() {
        let follows = |text: &str| {
            let mut parser = Parser::new(ParseMode::Statements);
            for terminal in terminals(text).0 {
                assert!(parser.advance(terminal.symbol), "{text}");
            }
            parser
        };
        let automaton = automaton();
        let has = |text: &str, word: &str| {
            follows(text).accepts(automaton.keyword_terminal(word).expect("a keyword"))
        };
        assert!(has("", "select") && !has("", "where"));
        assert!(has("select 1 order", "by") && !has("select 1 order", "from"));
        assert_eq!(follows("select 1 order").expected().len(), 1);
        assert!(follows("select 1").accepts(END) && !follows("select 1 +").accepts(END));
        // Each word that the parser takes here, the automaton takes, and no other.
        for prefix in ["", "alter table t", "select * from a left", "create index i on t (a"] {
            let parser = follows(prefix);
            for keyword in grammar::keywords() {
                let viable = match grammar::check(&format!("{prefix} {}", keyword.text)) {
                    Ok(()) => true,
                    Err(error) => error.message.ends_with("at end of input"),
                };
                let terminal = automaton.keyword_terminal(keyword.text).expect("a keyword");
                assert_eq!(parser.accepts(terminal), viable, "{prefix} {}", keyword.text);
            }
        }
    }

    #[test]
    fn symbols_have_their_names() {
        let automaton = automaton();
        assert_eq!(automaton.name(automaton.terminal(TokenKind::Ident)), "IDENT");
        assert_eq!(automaton.name(END), "$end");
        let a_expr = automaton.symbol("a_expr").expect("a nonterminal");
        assert!(a_expr >= automaton.terminals());
        let case = automaton
            .rules()
            .find(|rule| automaton.name(automaton.rule_symbol(*rule)) == "case_expr")
            .expect("a rule for it");
        let names: Vec<_> = automaton.rule_symbols(case).map(|symbol| automaton.name(symbol)).collect();
        assert_eq!(names, ["CASE", "case_arg", "when_clause_list", "case_default", "END_P"]);
        assert_eq!(automaton.keyword(automaton.symbol("WITH_LA").unwrap()).unwrap().text, "with");
    }
}
