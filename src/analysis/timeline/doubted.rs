//! What is not certain behind a definition that PostgreSQL does not take: the names of what it would have made or
//! changed. A statement in which none of them occurs means what it says.

use std::sync::Arc;

use super::kind::makes;
use crate::catalog::builtin;
use crate::catalog::doubt::ANY_REST;
use crate::catalog::model::{Catalog, Name};
use crate::syntax::Parse;
use crate::syntax::ast::{self, NodeEnum};
use crate::syntax::grammar::{self, Token};

/// The names of which nothing is certain behind `sql`, or `None` where that is not told by its text.
pub(super) fn names_of(sql: &str) -> Option<Vec<Name>> {
    named(sql, true, false)
}

/// The names that `sql`, which PostgreSQL takes, gives to something that is doubted.
pub(super) fn names_given(sql: &str) -> Option<Vec<Name>> {
    named(sql, false, false)
}

/// `is_refused`: of what PostgreSQL refuses in a script that goes on, where tables stay what they are.
fn named(sql: &str, is_broken: bool, is_refused: bool) -> Option<Vec<Name>> {
    let (tokens, _) = grammar::scan(sql);
    let tokens: Vec<Token> = tokens.into_iter().filter(|token| !token.is_comment()).collect();
    let mut names = Vec::new();
    // One that does not end where it should may have swallowed others.
    for tokens in tokens.split(|token| token.is_char(b';')) {
        let words = Words { sql, tokens, is_refused };
        match tokens.first().map(|token| token.kind) {
            Some(ast::Token::Create) => words.made(&mut names)?,
            // What it changes is as doubtful as it was.
            Some(ast::Token::Alter) if !is_broken && !words.is_any(1, &["type", "extension"]) => {
                words.behind("to", &mut names);
            }
            Some(ast::Token::Alter | ast::Token::Drop) => words.changed(&mut names)?,
            Some(ast::Token::Do) => return None,
            _ => {}
        }
    }
    Some(names)
}

/// Those of the doubted names of `catalog` that occur in a statement.
pub(super) fn occurring(catalog: &Catalog, parse: &Parse) -> Vec<Name> {
    let Some(doubted) = &catalog.doubted else { return Vec::new() };
    let tokens = parse.tokens();
    let texts: Vec<(bool, String)> = tokens
        .iter()
        .filter(|token| !token.is_comment())
        .map(|token| {
            let text = &parse.sql[token.span.range()];
            match is_string(token) {
                true => (true, text.to_lowercase()),
                false => (false, grammar::folded(text)),
            }
        })
        .collect();
    let is_in = |name: &str| {
        if let Some(beginning) = name.strip_suffix(ANY_REST) {
            return texts.iter().any(|(is_string, text)| match is_string {
                true => text.contains(beginning),
                false => text.strip_prefix('_').unwrap_or(text).starts_with(beginning),
            });
        }
        texts.iter().any(|(is_string, text)| match is_string {
            true => has_word(text, name),
            // What PostgreSQL makes for it has a name made of its: `t_pkey`, `t_a_seq`, `_t`.
            false => {
                let text = text.strip_prefix('_').filter(|text| *text == name).unwrap_or(text);
                text.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
            }
        })
    };
    doubted.iter().filter(|name| is_in(name)).cloned().collect()
}

/// Whether a name stands in a text, or begins a longer one there.
fn has_word(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let begins = |at: usize| !text[..at].chars().next_back().is_some_and(|c| is_part(c) && c != '_');
    let ends = |at: usize| !text[at..].chars().next().is_some_and(|c| is_part(c) && c != '_');
    text.match_indices(name).any(|(at, _)| begins(at) && ends(at + name.len()))
}

fn is_string(token: &Token) -> bool {
    matches!(token.kind, ast::Token::Sconst | ast::Token::Usconst)
}

/// Whether a statement makes what is doubted, where the catalog has none of that name: what is wrong with it otherwise
/// is wrong whether there is one or not.
pub(super) fn is_what_it_makes(catalog: &Catalog, parse: &Parse, doubts: &[Name]) -> bool {
    let ([name], Some(node)) = (doubts, parse.node()) else { return false };
    let replaces = match node {
        NodeEnum::CreateFunctionStmt(_) => true,
        NodeEnum::ViewStmt(view) => view.replace,
        _ => false,
    };
    let is_named_once = || {
        let named = |token: &&Token| {
            parse.sql[token.span.range()].to_lowercase().contains(&**name) && !token.is_comment()
        };
        parse.tokens().iter().filter(named).count() == 1
    };
    let is_there = catalog.relation(None, name).is_some()
        || catalog.user_type(None, name).is_some()
        || catalog.index(None, name).is_some()
        || catalog.entities().any(|entity| entity.name == *name);
    makes(node)
        && !replaces
        && !is_there
        && names_of(&parse.sql).is_some_and(|names| names.contains(name))
        && is_named_once()
}

/// What a definition in which doubted names occur leaves of doubt: what it makes is certain if that was all that was
/// doubted in it, and else doubted as well.
pub(super) fn settle(after: &mut Catalog, doubts: &[Name], changed: bool, node: &NodeEnum, sql: &str) {
    let Some(names) = names_given(sql) else {
        after.forget_names();
        return;
    };
    // What is dropped with all that needs it is gone, whatever it was.
    let drops = matches!(node, NodeEnum::DropStmt(drop) if drop.behavior() == ast::DropBehavior::DropCascade);
    let is_settled = makes(node) && changed || drops;
    match is_settled && doubts.iter().all(|name| names.contains(name)) {
        true => after.trust_names(&names),
        false => after.doubt_names(names),
    }
}

/// Makes doubtful in `after` what a statement that PostgreSQL does not take would have made or changed: any name, where
/// its text does not tell which.
pub(super) fn doubt(after: &mut Catalog, sql: &str) {
    match names_of(sql).filter(|_| defines(sql)) {
        Some(names) => after.doubt_names(names),
        None => {
            after.forget_names();
        }
    }
}

/// Whether a text begins like a definition, or a block of them.
fn defines(sql: &str) -> bool {
    let (tokens, _) = grammar::scan(sql);
    tokens.iter().find(|token| !token.is_comment()).is_some_and(|token| {
        matches!(token.kind, ast::Token::Create | ast::Token::Alter | ast::Token::Drop | ast::Token::Do)
    })
}

/// The catalog behind a statement that does not parse: what it may have made or changed is unknown. Of a script that
/// goes on (`!in_history`), that is only what is not written to its end yet.
pub(super) fn behind(parse: &Parse, before: &Arc<Catalog>, in_history: bool) -> Arc<Catalog> {
    let error = parse.errors.first().map_or("", |error| &error.message);
    // Behind a quote that never ends there are no tokens, only the rest of the file.
    let is_unterminated = error.starts_with("unterminated");
    let known = match parse.errors.first().filter(|_| is_unterminated) {
        Some(error) => &parse.sql[..error.span.start],
        None => &parse.sql[..],
    };
    if !defines(known) {
        return before.clone();
    }
    let tokens: Vec<_> = grammar::scan(known).0.into_iter().filter(|token| !token.is_comment()).collect();
    let goes_on = !in_history && !is_unterminated;
    let is_refused = goes_on && is_refused(parse, &tokens);
    // Of what does not even parse it is not told what it would have made.
    let makes = tokens[0].kind == ast::Token::Create && error.starts_with("syntax error");
    if is_refused && !makes || goes_on && tokens[0].kind == ast::Token::Drop {
        return before.clone();
    }
    let mut after = (**before).clone();
    match named(known, true, is_refused) {
        Some(names) => after.doubt_names(names),
        None if is_refused => return before.clone(),
        None => {
            after.forget_names();
        }
    }
    if tokens[0].kind != ast::Token::Create {
        for token in tokens.iter().filter(|token| token.is_name()) {
            let name = grammar::folded(&parse.sql[token.span.range()]);
            let relation = before.relation(None, &name).map(|relation| relation.qualified_name());
            if let Some(relation) = relation.and_then(|relation| after.relation_mut(&relation)) {
                relation.unknown_columns = true;
            }
        }
    }
    Arc::new(after)
}

/// Whether a statement that does not parse is written to its end: the grammar refuses it for what it says, or in its
/// midst, with nothing behind that looks like another statement.
fn is_refused(parse: &Parse, tokens: &[Token]) -> bool {
    let Some(error) = parse.errors.first() else { return false };
    if !error.message.starts_with("syntax error") {
        return true;
    }
    let begins_line = |token: &Token| {
        let before = &parse.sql[..token.span.start];
        before[before.rfind('\n').map_or(0, |at| at + 1)..].trim().is_empty()
    };
    let mut behind =
        tokens.iter().filter(|token| token.span.start >= error.span.start && !token.is_char(b';'));
    behind.clone().count() > 1 && !behind.any(|token| token.is_keyword() && begins_line(token))
}

/// The tokens of one statement.
struct Words<'a> {
    sql: &'a str,
    tokens: &'a [Token],
    is_refused: bool,
}

impl Words<'_> {
    fn is(&self, n: usize, word: &str) -> bool {
        self.tokens.get(n).is_some_and(|token| {
            token.is_keyword() && self.sql[token.span.range()].eq_ignore_ascii_case(word)
        })
    }

    fn is_any(&self, n: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(n, word))
    }

    /// The last part of the dotted name at `n`.
    fn name(&self, mut n: usize) -> Option<Name> {
        while self.tokens.get(n + 1).is_some_and(|dot| dot.is_char(b'.')) && self.tokens.get(n + 2).is_some()
        {
            n += 2;
        }
        let token = self.tokens.get(n).filter(|token| token.is_name())?;
        Some(grammar::folded(&self.sql[token.span.range()]).into())
    }

    /// Behind IF [NOT] EXISTS and CONCURRENTLY.
    fn skip_options(&self, mut n: usize) -> usize {
        while self.is_any(n, &["if", "not", "exists", "concurrently", "only"]) {
            n += 1;
        }
        n
    }

    /// The names behind each `word`.
    fn behind(&self, word: &str, names: &mut Vec<Name>) {
        let places = (0..self.tokens.len()).filter(|n| self.is(*n, word));
        names.extend(places.filter_map(|n| self.name(self.skip_options(n + 1))));
    }

    /// What CREATE would have made, and the table of which something would be otherwise with it.
    fn made(&self, names: &mut Vec<Name>) -> Option<()> {
        const BEFORE_KIND: [&str; 14] = [
            "or",
            "replace",
            "global",
            "local",
            "temp",
            "temporary",
            "unlogged",
            "recursive",
            "materialized",
            "foreign",
            "unique",
            "constraint",
            "event",
            "default",
        ];
        let mut n = 1;
        while self.is_any(n, &BEFORE_KIND) {
            n += 1;
        }
        // Kinds of two or three words.
        let words = match () {
            () if self.is(n, "text") && self.is(n + 1, "search") => 3,
            () if self.is(n, "data") || self.is(n, "access") => 2,
            () if self.is(n, "operator") && self.is_any(n + 1, &["class", "family"]) => 2,
            () => 1,
        };
        let first = self.skip_options(n + words);
        let made = self.name(first);
        if self.is(n, "table") {
            names.push(made?);
            self.behind("constraint", names);
        } else if self.is(n, "statistics") {
            names.extend(made.filter(|_| !self.is_any(first, &["on", "from"])));
        } else if self.is(n, "index") {
            // It may have a name that PostgreSQL chooses of the table's; and a unique one is a key of the table.
            names.extend(made.filter(|_| !self.is(first, "on")));
            if self.is(1, "unique") && !self.is_refused {
                self.behind("on", names);
            }
        } else if self.is(n, "trigger") {
            names.push(made?);
            // A view that has one takes what it would not.
            if !self.is_refused && (0..self.tokens.len()).any(|n| self.is(n, "instead")) {
                self.behind("on", names);
            }
        } else if self.is(n, "rule") {
            names.push(made?);
            if !self.is_refused {
                self.behind("to", names);
            }
        } else if self.is(n, "schema") {
            // With all that is to be made in it.
            self.outermost(names);
        } else if self.is_any(n, &["extension", "cast", "transform"]) {
            return None;
        } else if words == 1 && self.is(n, "operator") {
            names.push(self.operator(n + 1)?);
        } else if self.is_any(n, &["role", "user", "group", "database", "tablespace"]) {
            // What has no name here hides none of the schema's.
            names.extend(made);
        } else {
            names.push(made?);
        }
        Some(())
    }

    fn operator(&self, n: usize) -> Option<Name> {
        let token = self.tokens.get(n).filter(|token| is_operator(token))?;
        Some(self.sql[token.span.range()].into())
    }

    /// The names and operators that stand in no brackets.
    fn outermost(&self, names: &mut Vec<Name>) {
        let mut depth = 0_usize;
        for (n, token) in self.tokens.iter().enumerate() {
            match () {
                () if token.is_char(b'(') => depth += 1,
                () if token.is_char(b')') => depth = depth.saturating_sub(1),
                () if depth > 0 => {}
                () if token.is_name() && !token.is_keyword() => {
                    names.push(grammar::folded(&self.sql[token.span.range()]).into());
                }
                // PostgreSQL's own stay what they are.
                () => names.extend(self.operator(n).filter(|text| {
                    !matches!(&**text, "." | "," | ";") && !builtin::facts().operators.has(text)
                })),
            }
        }
    }

    /// Whether an ALTER only says what, and not how.
    fn ends_behind_name(&self) -> bool {
        const KINDS: [&str; 34] = [
            "access",
            "aggregate",
            "class",
            "collation",
            "configuration",
            "conversion",
            "data",
            "dictionary",
            "domain",
            "event",
            "extension",
            "family",
            "foreign",
            "function",
            "group",
            "index",
            "language",
            "materialized",
            "operator",
            "policy",
            "procedure",
            "publication",
            "role",
            "routine",
            "schema",
            "search",
            "sequence",
            "server",
            "subscription",
            "table",
            "text",
            "trigger",
            "type",
            "user",
        ];
        let mut n = 1;
        while self.is_any(n, &KINDS) || self.is_any(n, &["view", "wrapper"]) {
            n += 1;
        }
        n = self.skip_options(n);
        while self.tokens.get(n + 1).is_some_and(|dot| dot.is_char(b'.')) {
            n += 2;
        }
        let rest = self.tokens.get(n + 1..).unwrap_or_default();
        let is_in_brackets = rest.first().is_some_and(|token| token.is_char(b'('))
            && rest.iter().position(|token| token.is_char(b')')) == Some(rest.len() - 1);
        self.name(n).is_some() && (rest.is_empty() || is_in_brackets)
    }

    /// What ALTER and DROP name.
    fn changed(&self, names: &mut Vec<Name>) -> Option<()> {
        // What may have come with the new version of an extension, or the new value of a type, has no name here.
        if self.is(0, "alter") && self.ends_behind_name() {
            return Some(());
        }
        // No name of a schema's depends on these.
        if self.is_any(1, &["database", "system", "tablespace", "role", "user", "group", "default"]) {
            return Some(());
        }
        if self.is(0, "alter") && self.is_any(1, &["type", "extension"]) {
            return None;
        }
        if self.is(0, "alter") && self.is_any(1, &["table", "foreign"]) && !self.is(2, "data") {
            let table = if self.is(1, "foreign") { 3 } else { 2 };
            names.push(self.name(self.skip_options(table))?);
            for word in ["constraint", "index", "to", "partition", "inherit", "trigger", "rule"] {
                self.behind(word, names);
            }
            return Some(());
        }
        self.outermost(names);
        (self.is(0, "drop") || !names.is_empty()).then_some(())
    }
}

fn is_operator(token: &Token) -> bool {
    !token.is_name() && !token.is_keyword() && !is_string(token) && !b"()[]".iter().any(|c| token.is_char(*c))
}

#[cfg(test)]
mod tests {
    use super::names_of;

    #[test]
    fn what_a_definition_would_have_made_is_named() {
        for (sql, expected) in [
            ("create table a.\"T\" (b int c int, constraint k check", Some(&["T", "k"][..])),
            ("CREATE OR REPLACE FUNCTION f(int) RETURNS", Some(&["f"])),
            ("create unique index concurrently if not exists i on only s.t using", Some(&["i", "t"])),
            ("create statistics on a from t where", Some(&[])),
            ("create index i on t (a b c", Some(&["i"])),
            ("create trigger g bfore insert on t", Some(&["g"])),
            ("create trigger g instead off insert on t", Some(&["g", "t"])),
            ("create operator => (", Some(&["=>"])),
            ("alter table if exists t add constraint c chek (a)", Some(&["t", "c"])),
            ("alter server s optons (a)", Some(&["s", "optons"])),
            ("create table t (a int; create view v as select", Some(&["t", "v"])),
            ("create foreign data wrapper w w", Some(&["w"])),
            ("alter database :\"name\" refresh", Some(&[])),
            ("alter server s", Some(&[])),
            ("alter text search configuration s.c", Some(&[])),
            ("alter function f(int, text)", Some(&[])),
            ("alter function f(int, text) own", Some(&["f", "own"])),
            ("create role current_user", Some(&[])),
            ("drop view a, b casc", Some(&["a", "b", "casc"])),
            ("select frm t", Some(&[])),
            ("create table (a)", None),
            ("create extension e e", None),
            ("alter type ty add valu 'a'", None),
            ("drop operator equals; drop type ty csacade", Some(&["equals", "ty", "csacade"])),
            ("drop operator ===; drop operator === (int", Some(&["===", "==="])),
            ("create text search configuration c (", Some(&["c"])),
            ("create operator class oc fr type int", Some(&["oc"])),
            ("create schema s create table t (a int) create vew v", Some(&["s", "t", "vew", "v"])),
            ("do language", None),
        ] {
            let names = names_of(sql);
            let names: Option<Vec<&str>> =
                names.as_ref().map(|names| names.iter().map(|name| &**name).collect());
            assert_eq!(names.as_deref(), expected, "{sql}");
        }
    }
}
