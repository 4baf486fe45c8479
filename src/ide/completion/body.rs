//! Completion in bodies: SQL's offers in the statements and pieces of SQL, and what PL/pgSQL has around them.

use std::collections::HashMap;

use super::{Code, Completions, Item, Kind, Offers, is_upper, keyword, simple};
use crate::catalog::Relation;
use crate::catalog::model::{Catalog, Trigger};
use crate::ide::written::Written;
use crate::ide::{View, describe};
use crate::syntax::body::{Body, Content};
use crate::syntax::expect::Kind as SlotKind;
use crate::syntax::grammar::{self, ParseMode};
use crate::syntax::plpgsql::ast::{DeclarationKind, Function};
use crate::syntax::plpgsql::expect::{self, Expectation, NameKind, Piece, Variable};
use crate::syntax::plpgsql::{self, Kind as VariableKind, Node, Origin};
use crate::syntax::{Dialect, Placed, StatementKind};
use crate::text::Span;

/// How deep bodies within bodies are looked into.
const DEPTH: usize = 4;

/// What may stand at a place of a body; `None` where the place is in none.
pub(super) fn completion(view: &View, placed: &Placed, offset: usize) -> Option<Completions> {
    if placed.statement.kind != StatementKind::Sql || !placed.code().touches(offset) {
        return None;
    }
    let written = Written::new(view.script, placed);
    let (body, inner) = written.body_at(offset - placed.start)?;
    let found = in_body(body, inner, view.timeline.before(placed.index), DEPTH);
    let mut found = found.map_or_else(Completions::default, |offers| offers.completions(0));
    found.span = outer(body, found.span, inner, offset - placed.start).shift(placed.start);
    Some(found)
}

/// What is replaced around a cursor, in the text around a body.
fn outer(body: &Body, span: Span, inner: usize, offset: usize) -> Span {
    let start = if span.start < inner { body.to_outer(Span::new(span.start, inner)).start } else { offset };
    let end = if span.end > inner { body.to_outer(Span::new(inner, span.end)).end } else { offset };
    Span::new(start.min(offset), end.max(offset))
}

fn in_body(body: &Body, offset: usize, catalog: &Catalog, depth: usize) -> Option<Offers> {
    let mut offers = match body.content() {
        Content::Sql(sql) => {
            // The last statement may go on at the end of the text.
            let ends = sql.statements.iter().map(|span| span.end);
            let ends = ends.filter(|end| body.text[..*end].ends_with(';'));
            let start = ends.clone().take_while(|end| *end <= offset).last().unwrap_or(0);
            let end = ends.clone().find(|end| *end > offset).unwrap_or(body.text.len());
            let text = &body.text[start..end];
            let mut offers = in_sql(text, offset - start, catalog, depth)?;
            if offers.expected.has(SlotKind::Column) && offers.expected.qualifier.is_empty() {
                let named = body.signature().arguments.iter().filter_map(|argument| argument.name.as_ref());
                offers.items.extend(named.map(|name| simple(name, Kind::Variable, "parameter", 90)));
            }
            offers.span = offers.span.shift(start);
            offers
        }
        Content::Plpgsql(function) => in_function(body, function, offset, catalog, depth)?,
    };
    // What is put into a string between single quotes doubles its own.
    if body.is_quoted() {
        offers.items.iter_mut().for_each(|item| item.insert = item.insert.replace('\'', "''"));
    }
    Some(offers)
}

/// What may stand at a place of a statement in a body, or of a body in it.
fn in_sql(text: &str, offset: usize, catalog: &Catalog, depth: usize) -> Option<Offers> {
    let written = Written::piece(text, ParseMode::Statements);
    if let Some((body, inner)) = written.body_at(offset) {
        if depth == 0 {
            return None;
        }
        let mut offers = in_body(body, inner, catalog, depth - 1)?;
        offers.span = outer(body, offers.span, inner, offset);
        return Some(offers);
    }
    let (mode, dialect) = (ParseMode::Statements, Dialect::UNKNOWN);
    Code { before: &text[..offset], behind: &text[offset..], mode, dialect, catalog }.offers()
}

fn in_function(
    body: &Body,
    function: &Function,
    offset: usize,
    catalog: &Catalog,
    depth: usize,
) -> Option<Offers> {
    let text: &str = &body.text;
    // A literal that is executed, or a body of a function that the body makes.
    let nested = body.bodies().iter().find_map(|inner| Some((inner, inner.to_inner(offset)?)));
    if let Some((inner, place)) = nested {
        if depth == 0 {
            return None;
        }
        let mut offers = in_body(inner, place, catalog, depth - 1)?;
        offers.span = outer(inner, offers.span, place, offset);
        return Some(offers);
    }
    let expected = expect::expect(text, offset, body.signature())?;
    let word = &text[expected.word.range()];
    if word.starts_with('"') {
        return None;
    }
    let prefix = &text[..expected.word.start];
    let upper = is_upper(prefix, word);
    let cased = |word: &str| if upper { word.to_uppercase() } else { word.to_owned() };
    let mut offers = Offers {
        span: expected.word,
        word: word.to_owned(),
        items: Vec::new(),
        expected: Default::default(),
    };
    let is_qualified = prefix.ends_with('.');
    let types = types(function, offset);
    let variable = |variable: &Variable, rank: u32| described(variable, &types, rank);
    if let Some(piece) = &expected.piece {
        in_piece(piece, function, offset, catalog, &expected, &mut offers);
        if offers.expected.may_end {
            offers.items.extend(piece.ends.iter().map(|word| keyword(cased(word), 80)));
        }
        let is_value = piece.mode != ParseMode::TypeName && !expected.begins_statement;
        if is_value && !is_qualified && offers.expected.has(SlotKind::Column) {
            offers.items.extend(expected.variables.iter().map(|seen| variable(seen, 90)));
        }
    }
    if is_qualified {
        offers.items.extend(fields(prefix, body, &expected, &types, catalog));
        return Some(offers);
    }
    offers.items.extend(expected.keywords.iter().map(|word| keyword(cased(word), 80)));
    for kind in &expected.names {
        match kind {
            NameKind::Target => {
                let assigned = expected.variables.iter().filter(|variable| !variable.constant);
                offers.items.extend(assigned.map(|seen| variable(seen, 90)));
            }
            NameKind::Cursor => {
                let cursors = expected.variables.iter();
                let cursors =
                    cursors.filter(|seen| matches!(seen.kind, VariableKind::Cursor | VariableKind::Unknown));
                offers.items.extend(cursors.map(|seen| variable(seen, 90)));
            }
            NameKind::Label => {
                let labels = expected.labels.iter();
                offers.items.extend(labels.enumerate().map(|(n, (label, is_loop))| {
                    let detail = if *is_loop { "loop" } else { "block" };
                    simple(label, Kind::Object, detail, 90 + n as u32)
                }));
            }
            NameKind::Condition => {
                let conditions = plpgsql::conditions().iter();
                offers.items.extend(conditions.map(|name| simple(name, Kind::Object, "condition", 300)));
            }
            NameKind::New => {}
        }
    }
    Some(offers)
}

/// Adds what SQL has to offer in a piece.
fn in_piece(
    piece: &Piece,
    function: &Function,
    offset: usize,
    catalog: &Catalog,
    around: &Expectation,
    offers: &mut Offers,
) {
    let text: &str = &function.text;
    let (mode, before, expected) = piece.expected(text);
    // What follows in the piece may say what the cursor's names belong to.
    let mut end = offset;
    function.walk(&mut |node| {
        if let Node::Sql(sql) = node
            && sql.span.start == piece.span.start
        {
            end = end.max(sql.span.end);
        }
    });
    let dialect = Dialect::UNKNOWN;
    let behind = text.get(offset..end).unwrap_or("");
    if let Some(sql) = (Code { before: &before, behind, mode, dialect, catalog }).offers_of(expected.clone())
    {
        // PL/pgSQL's own statements are not SQL's of that name.
        let first = |words: &str| words.split(' ').next().unwrap_or("").to_ascii_lowercase();
        let own: Vec<String> = around.keywords.iter().map(|words| first(words)).collect();
        let taken = |item: &Item| item.kind == Kind::Keyword && own.contains(&first(&item.label));
        offers.items.extend(sql.items.into_iter().filter(|item| !taken(item)));
    }
    offers.expected = expected;
}

/// The types of the variables that are declared before a place, by name.
fn types(function: &Function, offset: usize) -> HashMap<&str, &str> {
    let mut found = HashMap::new();
    function.walk(&mut |node| {
        if let Node::Declaration(declaration) = node
            && declaration.span.end <= offset
            && let DeclarationKind::Variable { data_type: Some(data_type), .. } = &declaration.kind
        {
            found.insert(declaration.name.text.as_str(), &function.text[data_type.span.range()]);
        }
    });
    found
}

/// The columns behind a variable and a dot: of `t%ROWTYPE`, and of NEW and OLD by the triggers that call the function.
fn fields(
    prefix: &str,
    body: &Body,
    expected: &Expectation,
    types: &HashMap<&str, &str>,
    catalog: &Catalog,
) -> Vec<Item> {
    let (tokens, _) = grammar::scan(prefix);
    let [.., owner, _] = &tokens[..] else { return Vec::new() };
    let owner = grammar::folded(&prefix[owner.span.range()]);
    let Some(variable) = expected.variables.iter().find(|variable| variable.name == owner) else {
        return Vec::new();
    };
    let mut relations: Vec<&Relation> = Vec::new();
    if variable.origin == Origin::Special {
        let called = |trigger: &Trigger| *trigger.function.name == *body.signature().name;
        relations.extend(
            catalog
                .relations()
                .map(|relation| &**relation)
                .filter(|it| it.triggers.iter().any(|it| called(it))),
        );
    } else if let Some((name, _)) = types.get(owner.as_str()).and_then(|written| written.split_once('%')) {
        let parts: Vec<String> = name.split('.').map(|part| part.trim().to_lowercase()).collect();
        if let [before @ .., name] = &parts[..] {
            relations.extend(catalog.relation(before.last().map(String::as_str), name).map(|it| &**it));
        }
    }
    let mut items: Vec<Item> = Vec::new();
    for relation in relations {
        for (n, column) in relation.columns.iter().enumerate() {
            if items.iter().all(|item| item.label != *column.name) {
                let detail = format!("{} · {}", describe::column_type(column), relation.name);
                items.push(simple(&column.name, Kind::Column, &detail, 100 + n as u32));
            }
        }
    }
    items
}

fn described(variable: &Variable, types: &HashMap<&str, &str>, rank: u32) -> Item {
    let what = match (variable.origin, variable.kind) {
        (Origin::Argument, _) => "parameter",
        (Origin::Special, _) => "PL/pgSQL",
        _ if variable.constant => "constant",
        (Origin::Body, VariableKind::Cursor) => "cursor",
        _ => "variable",
    };
    let data_type = types.get(variable.name.as_str()).filter(|_| variable.origin == Origin::Body);
    let detail = data_type.map_or(what.to_owned(), |data_type| format!("{data_type} · {what}"));
    // What PL/pgSQL brings is asked for less often.
    let rank = if variable.origin == Origin::Special { rank + 60 } else { rank };
    simple(&variable.name, Kind::Variable, &detail, rank)
}
