//! The colours of code in strings: SQL statement by statement, PL/pgSQL by its own tree with SQL in between.

use std::collections::{HashMap, HashSet};

use super::{Kind, SemanticToken, in_statement, lexical, modifier};
use crate::ide::body as code;
use crate::ide::written::{self, Written};
use crate::syntax::ast::Token as TokenKind;
use crate::syntax::body::{Body, Content};
use crate::syntax::cst::Element;
use crate::syntax::grammar::folded;
use crate::syntax::grammar::{ParseMode, Token};
use crate::syntax::plpgsql::ast::{
    Condition, DataType, Declaration, DeclarationKind, Function, LoopHead, Name, OpenSource, Sql, Statement,
    StatementKind, Target, TypeForm,
};
use crate::syntax::plpgsql::{self, Node, Origin};
use crate::text::Span;

/// Adds the tokens of a body whose string is `literal`, and its quotes. No token has a quote within: what stands in
/// two parts of the string is two tokens.
pub(super) fn tokens(body: &Body, literal: Span, depth: usize, found: &mut Vec<SemanticToken>) {
    let inside = body.inside();
    let quote = |start: usize, end: usize, found: &mut Vec<SemanticToken>| {
        if start < end {
            found.push(SemanticToken::new(Span::new(start, end), Kind::String));
        }
    };
    quote(literal.start, inside.start, found);
    for token in in_body(body, depth) {
        found.extend(body.pieces(token.span).map(|span| SemanticToken { span, ..token }));
    }
    quote(inside.end, literal.end, found);
}

/// The tokens of a body in its own text, in its order; none overlap.
fn in_body(body: &Body, depth: usize) -> Vec<SemanticToken> {
    match body.content() {
        Content::Sql(sql) => {
            let mut found = Vec::new();
            for (start, written) in code::statements(&body.text, sql) {
                found.extend(shifted(in_statement(&written, depth), start));
            }
            found
        }
        Content::Plpgsql(function) => in_function(body, function, depth),
    }
}

fn shifted(tokens: Vec<SemanticToken>, by: usize) -> impl Iterator<Item = SemanticToken> {
    tokens.into_iter().map(move |token| SemanticToken { span: token.span.shift(by), ..token })
}

fn in_function(body: &Body, function: &Function, depth: usize) -> Vec<SemanticToken> {
    let mut painter = Painter { body, function, depth, found: Vec::new(), owned: Vec::new() };
    function.walk(&mut |node| painter.node(node));
    let Painter { mut found, mut owned, .. } = painter;
    owned.sort_unstable();
    // What is left is coloured by what it is alone; the walk's word counts first.
    let (tokens, unclosed) = written::scan(&function.text);
    found.extend(
        tokens
            .iter()
            .filter(|token| {
                let n = owned.partition_point(|span| span.start <= token.span.start);
                n == 0 || !owned[n - 1].contains(token.span.start)
            })
            .filter_map(|token| word(function, token)),
    );
    found.extend(unclosed.map(|span| super::unclosed(&function.text[span.range()], span)));
    found.sort_by_key(|token| token.span.start);
    let mut end = 0;
    found.retain(|token| {
        let keeps = token.span.start >= end && !token.span.is_empty();
        if keeps {
            end = token.span.end;
        }
        keeps
    });
    found
}

/// A token of PL/pgSQL that its tree does not name.
fn word(function: &Function, token: &Token) -> Option<SemanticToken> {
    let text = &function.text[token.span.range()];
    if !token.is_keyword() && token.kind != TokenKind::Ident || text.starts_with('"') {
        return lexical(token, text);
    }
    let name = text.to_ascii_lowercase();
    // In what could not be read a word may be a variable.
    let (reserved, others) = plpgsql::keywords();
    if reserved.binary_search(&name.as_str()).is_err()
        && let Some(variable) = function.find(&[&name], token.span.start)
    {
        return Some(SemanticToken::new(token.span, kind_of(variable.origin)));
    }
    let is_keyword = reserved.binary_search(&name.as_str()).is_ok()
        || others.binary_search(&name.as_str()).is_ok()
        || token.is_keyword() && !token.is_name();
    is_keyword.then(|| SemanticToken::new(token.span, Kind::Keyword))
}

fn kind_of(origin: Origin) -> Kind {
    match origin {
        Origin::Argument => Kind::Parameter,
        Origin::Special | Origin::Body => Kind::Variable,
    }
}

struct Painter<'a> {
    body: &'a Body,
    function: &'a Function,
    depth: usize,
    /// Of two tokens at one place the first counts.
    found: Vec<SemanticToken>,
    /// What is SQL's, where PL/pgSQL's words mean nothing.
    owned: Vec<Span>,
}

impl Painter<'_> {
    fn add(&mut self, span: Span, kind: Kind, modifiers: u8) {
        self.found.push(SemanticToken { span, kind, modifiers });
    }

    fn node(&mut self, node: Node) {
        match node {
            Node::Declaration(declaration) => self.declaration(declaration),
            Node::CursorArgument(argument) => {
                self.add(argument.name.span, Kind::Parameter, modifier::DECLARATION);
            }
            Node::DataType(data_type) => self.data_type(data_type),
            Node::Label(label) => self.add(label.name.span, Kind::Label, modifier::DECLARATION),
            Node::Block(block) => self.label(block.end_label.as_ref()),
            Node::Condition(condition) => self.condition(condition),
            Node::Target(target) => self.target(target, modifier::MODIFICATION),
            Node::CursorValue(value) => {
                if let Some(name) = &value.name {
                    self.add(name.span, Kind::Parameter, 0);
                }
            }
            Node::Statement(statement) => self.statement(statement),
            Node::Sql(sql) => self.sql(sql),
            _ => {}
        }
    }

    fn declaration(&mut self, declaration: &Declaration) {
        let mut modifiers = modifier::DECLARATION;
        match &declaration.kind {
            DeclarationKind::Variable { constant, collation, .. } => {
                if constant.is_some() {
                    modifiers |= modifier::READONLY;
                }
                if let Some(collation) = collation {
                    let names = self.names_in(*collation);
                    let last = names.len().saturating_sub(1);
                    for (n, name) in names.iter().enumerate() {
                        self.add(*name, if n == last { Kind::Object } else { Kind::Schema }, 0);
                    }
                }
            }
            DeclarationKind::Alias { of: Some(of), .. } => self.target(of, 0),
            _ => {}
        }
        self.add(declaration.name.span, Kind::Variable, modifiers);
    }

    /// The names in a dotted one.
    fn names_in(&self, span: Span) -> Vec<Span> {
        let (tokens, _) = written::scan(&self.function.text[span.range()]);
        let names = tokens.iter().filter(|token| token.is_keyword() || token.is_name());
        names.map(|token| token.span.shift(span.start)).collect()
    }

    fn label(&mut self, name: Option<&Name>) {
        if let Some(name) = name {
            self.add(name.span, Kind::Label, 0);
        }
    }

    fn condition(&mut self, condition: &Condition) {
        let modifiers = modifier::READONLY | modifier::DEFAULT_LIBRARY;
        if condition.sqlstate.is_some() || condition.name.text == "others" {
            self.add(condition.name.span, Kind::Keyword, 0);
        } else {
            self.add(condition.name.span, Kind::EnumLabel, modifiers);
        }
    }

    fn statement(&mut self, statement: &Statement) {
        match &statement.kind {
            StatementKind::Assign { target, .. } => self.target(target, modifier::MODIFICATION),
            // It may be SQL all the same; what it leaves out is coloured word by word.
            StatementKind::Broken => {
                let mode = ParseMode::Statements;
                self.piece(&Sql { span: statement.span, mode, into: None, is_perform: false });
            }
            StatementKind::Exit { label, .. } => self.label(label.as_ref()),
            // A cursor is not changed by what is done with it.
            StatementKind::Open { cursor, source, .. } => {
                let modifiers =
                    if matches!(source, OpenSource::Bound(_)) { 0 } else { modifier::MODIFICATION };
                cursor.iter().for_each(|cursor| self.target(cursor, modifiers));
            }
            StatementKind::Fetch { cursor, .. } | StatementKind::Close { cursor, .. } => {
                cursor.iter().for_each(|cursor| self.target(cursor, 0));
            }
            StatementKind::Loop(body) => {
                self.label(body.end_label.as_ref());
                match &body.head {
                    LoopHead::Integer { variable, .. } => {
                        self.add(variable.span, Kind::Variable, modifier::DECLARATION);
                    }
                    LoopHead::Cursor { variable, cursor, .. } => {
                        self.add(variable.span, Kind::Variable, modifier::DECLARATION);
                        self.target(cursor, 0);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// A variable, or a field of one; what is done with it is done with the last name.
    fn target(&mut self, target: &Target, modifiers: u8) {
        let names: Vec<&str> = target.names.iter().map(|name| name.text.as_str()).collect();
        for (n, (kind, own)) in self.kinds(&names, target.span.start).into_iter().enumerate() {
            let done = if n + 1 == names.len() { modifiers } else { 0 };
            self.add(target.names[n].span, kind, own | done);
        }
    }

    /// What the parts of a variable's name are.
    fn kinds(&self, names: &[&str], offset: usize) -> Vec<(Kind, u8)> {
        let variable = self.function.find(&names[..names.len().min(3)], offset);
        let at = variable.map_or(0, |variable| variable.parts - 1);
        let kind = variable.map_or(Kind::Variable, |variable| kind_of(variable.origin));
        let readonly = variable.is_some_and(|variable| variable.constant);
        let of = |n: usize| match n.cmp(&at) {
            std::cmp::Ordering::Less => (Kind::Label, 0),
            std::cmp::Ordering::Equal => (kind, if readonly { modifier::READONLY } else { 0 }),
            std::cmp::Ordering::Greater => (Kind::Column, 0),
        };
        (0..names.len()).map(of).collect()
    }

    fn data_type(&mut self, data_type: &DataType) {
        let span = data_type.span;
        let text = &self.function.text[span.range()];
        if data_type.form == TypeForm::Name {
            self.found
                .extend(shifted(in_statement(&Written::piece(text, ParseMode::TypeName), 0), span.start));
            self.owned.push(span);
            return;
        }
        let end = text.find('%').map_or(span.end, |at| span.start + at);
        let spans = self.names_in(Span::new(span.start, end));
        let names: Vec<String> = spans.iter().map(|span| folded(&self.function.text[span.range()])).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let is_variable = data_type.form == TypeForm::OfVariable
            && (names.len() == 1 || names.len() <= 3 && self.function.find(&names, span.start).is_some());
        let kinds = if is_variable {
            self.kinds(&names, span.start)
        } else {
            let mut above = vec![Kind::Relation, Kind::Schema];
            if data_type.form == TypeForm::OfVariable {
                above.insert(0, Kind::Column);
            }
            let of = |n: usize| (*above.get(names.len() - 1 - n).unwrap_or(&Kind::Object), 0);
            (0..names.len()).map(of).collect()
        };
        for (span, (kind, modifiers)) in spans.into_iter().zip(kinds) {
            self.add(span, kind, modifiers);
        }
    }

    fn sql(&mut self, sql: &Sql) {
        self.owned.extend(code::sql_parts(sql));
        let executed = self.body.bodies().iter().find(|inner| inner.literal == sql.span);
        if let Some(inner) = executed.filter(|_| self.depth > 0) {
            tokens(inner, inner.literal, self.depth - 1, &mut self.found);
            return;
        }
        self.piece(sql);
    }

    fn piece(&mut self, sql: &Sql) {
        let written = code::piece(&self.function.text, sql);
        let mut tokens = in_statement(&written, self.depth);
        let variables = self.variables(&written, &tokens, sql.span.start);
        for token in &mut tokens {
            if let Some((kind, modifiers)) = variables.get(&token.span.start) {
                (token.kind, token.modifiers) = (*kind, *modifiers);
            }
        }
        let parts = code::sql_parts(sql);
        let is_sql = |token: &SemanticToken| parts.iter().any(|part| part.contains(token.span.start));
        self.found.extend(shifted(tokens, sql.span.start).filter(is_sql));
    }

    /// The words of a piece of SQL that are variables of the body, by where they begin. PostgreSQL refuses a name that
    /// may be a variable and a column, so what is a variable's name where a column may stand is the variable.
    fn variables(
        &self,
        written: &Written,
        tokens: &[SemanticToken],
        start: usize,
    ) -> HashMap<usize, (Kind, u8)> {
        let tree = &written.tree;
        let mut found = HashMap::new();
        let references = || tree.nodes().filter(|node| tree.name(*node) == "columnref");
        let mut spans: Vec<Span> = references().map(|node| tree.span(Element::Node(node))).collect();
        if spans.is_empty() {
            return found;
        }
        spans.sort_unstable();
        let is_reference = |offset: usize| {
            let n = spans.partition_point(|span| span.start <= offset);
            n > 0 && spans[n - 1].contains(offset)
        };
        let named = |token: &&SemanticToken| match token.kind {
            Kind::Relation | Kind::Alias | Kind::Cte => !is_reference(token.span.start),
            _ => false,
        };
        let text = |token: &SemanticToken| folded(written.slice(token.span));
        let relations: HashSet<String> = tokens.iter().filter(named).map(text).collect();
        let outputs = tokens
            .iter()
            .filter(|token| token.kind == Kind::Column && token.modifiers & modifier::DECLARATION != 0);
        let outputs: HashSet<String> = outputs.map(text).collect();
        let prefers_columns = !relations.is_empty() && self.prefers_columns();
        for node in references() {
            let (mut names, mut places) = (Vec::new(), Vec::new());
            let span = tree.span(Element::Node(node));
            let first = tree.terminals().partition_point(|terminal| terminal.span.start < span.start);
            for terminal in &tree.terminals()[first..] {
                let is_name = terminal.token.is_name() || terminal.token.is_keyword();
                if terminal.span.start >= span.end || is_name != (names.len() == places.len()) {
                    break;
                }
                if is_name {
                    names.push(folded(written.slice(terminal.span)));
                } else if terminal.token.is_char(b'.') {
                    places.push(terminal.span);
                } else {
                    break;
                }
            }
            let parts: Vec<&str> = names.iter().map(String::as_str).collect();
            if parts.is_empty() || parts.len() > 3 {
                continue;
            }
            let is_sorted_by = parts.len() == 1
                && outputs.contains(parts[0])
                && std::iter::successors(tree.parent(node), |node| tree.parent(*node))
                    .take_while(|node| tree.name(*node) != "SelectStmt")
                    .any(|node| matches!(tree.name(node), "sortby" | "group_by_item"));
            let is_column = if parts.len() == 1 { prefers_columns } else { relations.contains(parts[0]) };
            if is_sorted_by || is_column || self.function.find(&parts, start + span.start).is_none() {
                continue;
            }
            let kinds = self.kinds(&parts, start + span.start);
            let words = tree.terminals()[first..].iter().step_by(2);
            found.extend(words.zip(kinds).map(|(word, kind)| (word.span.start, kind)));
        }
        found
    }

    /// Whether `#variable_conflict use_column` stands before the block.
    fn prefers_columns(&self) -> bool {
        let text = &self.function.text;
        self.function
            .options
            .iter()
            .filter_map(|option| option.value)
            .any(|value| text[value.range()].eq_ignore_ascii_case("use_column"))
    }
}
