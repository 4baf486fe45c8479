//! Completion: keywords, and the names that may stand at the cursor.

mod body;

use std::borrow::Cow;

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::describe;
use super::{View, fk_join, marker, slots};
use crate::analysis::{Marked, Purpose, Scope, Slot};
use crate::catalog::builtin::{self, BuiltinFunction};
use crate::catalog::model::{Catalog, Name, RelationKind};
use crate::catalog::quote;
use crate::syntax::ast::Token as TokenKind;
use crate::syntax::expect::{self, Expectation};
use crate::syntax::grammar::{self, ParseMode};
use crate::syntax::{Dialect, StatementKind};
use crate::text::Span;

/// The most items in one answer; with more the list is called incomplete and asked for again as the word grows.
const MOST: usize = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A whole join condition.
    Condition,
    Column,
    Alias,
    Table,
    View,
    Function,
    Type,
    Schema,
    /// An object of another kind: an index, a constraint …
    Object,
    /// A label of an enum.
    Label,
    /// Of PL/pgSQL, or an argument of the function around.
    Variable,
    Keyword,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub label: String,
    pub kind: Kind,
    pub detail: Option<String>,
    pub documentation: Option<String>,
    /// What is put in the place of the list's span.
    pub insert: String,
    /// Lower comes first.
    pub rank: u32,
}

/// The items that may replace `span`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completions {
    pub span: Span,
    pub items: Vec<Item>,
    pub incomplete: bool,
}

pub fn completion(view: &View, offset: usize) -> Completions {
    let document = view.script.document();
    let (start, end, suffix_end, catalog) = match view.script.at(offset) {
        Some(placed) if placed.statement.kind == StatementKind::Psql && placed.code().touches(offset) => {
            return Completions::default();
        }
        // Behind a semicolon another statement begins.
        Some(placed) if offset > placed.code().start && !behind_semicolon(view, &placed, offset) => (
            placed.code().start,
            offset,
            placed.code().end.max(offset),
            view.timeline.before(placed.index).clone(),
        ),
        Some(placed) => (
            offset,
            offset,
            offset,
            view.timeline.before(placed.index + usize::from(offset > placed.code().start)).clone(),
        ),
        None => (offset, offset, offset, view.timeline.before(0).clone()),
    };
    if let Some(placed) = view.script.at(offset)
        && let Some(found) = body::completion(view, &placed, offset)
    {
        return found;
    }
    // At a statement's start the word may already stand there.
    let line = document.slice(Span::new(floor(view, start.saturating_sub(200).min(end)), end));
    let word_len = line.chars().rev().take_while(|c| is_word(*c)).map(char::len_utf8).sum::<usize>();
    let start = start.min(end - word_len);
    let set = view.timeline.dialect;
    let dialect = view.script.at(offset).map_or(set, |placed| view.script.dialect(&placed, set));
    let (before, behind) =
        (document.slice(Span::new(start, end)), document.slice(Span::new(end, suffix_end)));
    let mode = ParseMode::Statements;
    let code = Code { before: &before, behind: &behind, mode, dialect, catalog: &catalog };
    match code.offers() {
        Some(offers) => offers.completions(start),
        None => Completions::default(),
    }
}

/// A text that is to be completed.
struct Code<'a> {
    /// Up to the cursor.
    before: &'a str,
    behind: &'a str,
    mode: ParseMode,
    dialect: Dialect,
    catalog: &'a Catalog,
}

/// What may stand at a cursor.
struct Offers {
    /// What is replaced, in the text.
    span: Span,
    /// What is written of it before the cursor.
    word: String,
    items: Vec<Item>,
    expected: Expectation,
}

impl Code<'_> {
    /// What the grammar and the catalog have to offer; `None` where nothing is to be completed.
    fn offers(&self) -> Option<Offers> {
        self.offers_of(expect::expect_in(self.mode, self.before, self.before.len()))
    }

    /// The same where it is known what may stand there.
    fn offers_of(&self, expected: Expectation) -> Option<Offers> {
        let end = self.before.len();
        let word_len =
            self.before.chars().rev().take_while(|c| is_word(*c)).map(char::len_utf8).sum::<usize>();
        let mut word_start = end - word_len;
        let mut word = self.before[word_start..].to_owned();
        let mut prefix = self.before[..word_start].to_owned();
        // A quoted name that is being written.
        let quoted = marker::ends_inside_token(&prefix)
            && prefix.ends_with('"')
            && !prefix[..prefix.len() - 1].ends_with('"');
        if quoted {
            prefix.pop();
            word_start -= 1;
        } else if marker::ends_inside_token(&prefix) && !prefix.ends_with(char::is_whitespace)
            || inside_literal(&prefix)
        {
            return None;
        }
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let rest = self.behind;
        let word_rest = rest.chars().take_while(|c| is_word(*c)).map(char::len_utf8).sum::<usize>();
        let mut suffix = &rest[word_rest..];
        if quoted {
            suffix = suffix.strip_prefix('"').unwrap_or(suffix);
        }
        let statement = as_statement(&prefix, self.mode)?;
        let mut items = Vec::new();
        // Where a name is to be made up there is none to be offered.
        if !expected.only_new() {
            let marked = if prefix.trim().is_empty() && self.mode == ParseMode::Statements
                || slots::are_exact(&expected)
            {
                None
            } else {
                marker::slot(&statement, suffix, self.dialect, self.catalog)
            };
            match &marked {
                Some(marked) => names(marked, self.catalog, &prefix, &word, &mut items),
                None => slots::names(&expected, self.catalog, &mut items),
            }
        }
        let qualified = prefix.ends_with('.');
        if !qualified && !quoted {
            let upper = is_upper(&prefix, &word);
            // What goes on in one way only is in the run that goes on so.
            for run in expected.keywords.iter().filter(|run| run.complete) {
                items.push(keyword(run.text(upper), 700 + run.words.len() as u32));
            }
        }
        if quoted {
            word = word.trim_matches('"').to_owned();
            for item in &mut items {
                if !item.insert.starts_with('"') {
                    item.insert = format!("\"{}\"", item.insert.replace('"', "\"\""));
                }
            }
        }
        let closing = if quoted { usize::from(rest[word_rest..].starts_with('"')) + word_rest } else { 0 };
        Some(Offers { span: Span::new(word_start, end + closing), word, items, expected })
    }
}

impl Offers {
    /// The answer, where the text begins at `start`.
    fn completions(self, start: usize) -> Completions {
        let (items, incomplete) = ranked(self.items, &self.word);
        Completions { span: self.span.shift(start), items, incomplete }
    }
}

/// A text before a cursor as the beginning of a statement; `None` before the operator of an assignment, where there
/// is no SQL.
fn as_statement(prefix: &str, mode: ParseMode) -> Option<Cow<'_, str>> {
    Some(match mode {
        ParseMode::Statements => Cow::Borrowed(prefix),
        ParseMode::TypeName => Cow::Owned(format!("select null::{prefix}")),
        ParseMode::PlpgsqlExpression => Cow::Owned(format!("select {prefix}")),
        _ => {
            let (tokens, _) = grammar::scan(prefix);
            let assigned =
                tokens.iter().find(|token| token.is_char(b'=') || token.kind == TokenKind::ColonEquals)?;
            Cow::Owned(format!("select {}", &prefix[assigned.span.end..]))
        }
    })
}

fn keyword(text: String, rank: u32) -> Item {
    Item { label: text.clone(), kind: Kind::Keyword, detail: None, documentation: None, insert: text, rank }
}

/// Whether keywords are to be written in capitals.
fn is_upper(prefix: &str, word: &str) -> bool {
    word.is_empty() || word.starts_with(|c: char| c.is_uppercase()) || !line_is_lower(prefix)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// The nearest character boundary at or before `offset`.
fn floor(view: &View, offset: usize) -> usize {
    let rope = view.script.document().rope();
    rope.char_to_byte(rope.byte_to_char(offset))
}

fn behind_semicolon(view: &View, placed: &crate::syntax::Placed, offset: usize) -> bool {
    let code = placed.code();
    offset >= code.end && !code.is_empty() && view.script.document().rope().byte(code.end - 1) == b';'
}

/// Whether the text before the cursor is written in lower case, so that keywords should be too.
fn line_is_lower(prefix: &str) -> bool {
    let first: String = prefix.trim_start().chars().take_while(|c| c.is_alphabetic()).collect();
    !first.is_empty() && first.chars().all(char::is_lowercase)
}

/// Whether the text ends in a string or a comment that is still open.
fn inside_literal(prefix: &str) -> bool {
    let (tokens, error) = grammar::scan(prefix);
    error.is_some_and(|error| error.message.starts_with("unterminated"))
        || tokens.last().is_some_and(|token| {
            token.kind == TokenKind::SqlComment
                && token.span.end == prefix.len()
                && !prefix.ends_with(['\n', '\r'])
        })
}

fn names(marked: &Marked, catalog: &Catalog, prefix: &str, word: &str, items: &mut Vec<Item>) {
    match &marked.slot {
        Slot::Expression { qualifier } => match &qualifier[..] {
            [] => {
                if ends_with_on(prefix)
                    && let Some(scope) = marked.scopes.first()
                {
                    for condition in fk_join::conditions(scope) {
                        items.push(Item {
                            label: condition.clone(),
                            kind: Kind::Condition,
                            detail: Some("foreign key".into()),
                            documentation: None,
                            insert: condition,
                            rank: 0,
                        });
                    }
                }
                for (depth, scope) in marked.scopes.iter().enumerate() {
                    columns_of(scope, depth, items);
                    aliases_of(scope, depth, items);
                }
                functions(catalog, None, word, items);
            }
            [.., name] => {
                let schema = qualifier.len().checked_sub(2).map(|n| &*qualifier[n]);
                let found = marked.scopes.iter().find_map(|scope| scope.find_item(schema, name));
                if let Some(item) = found {
                    for (n, column) in item.columns.iter().enumerate() {
                        items.push(column_item(column, &item.alias, 100 + n as u32));
                    }
                } else if catalog.schema(name).is_some() {
                    functions(catalog, Some(name), word, items);
                }
            }
        },
        Slot::Relation { schema, purpose } => relations(marked, catalog, schema.as_ref(), *purpose, items),
        Slot::TargetColumn { relation } => {
            let columns = relation.iter().flat_map(|relation| &relation.columns);
            for (n, column) in columns.enumerate() {
                items.push(Item {
                    label: column.name.to_string(),
                    kind: Kind::Column,
                    detail: Some(describe::column_type(column)),
                    documentation: column.comment.as_deref().map(str::to_owned),
                    insert: quote::identifier(&column.name),
                    rank: 100 + n as u32,
                });
            }
        }
        Slot::JoinColumn => {
            for scope in &marked.scopes {
                for (n, item) in scope.items.iter().enumerate() {
                    for column in &item.columns {
                        let shared =
                            scope.items[..n].iter().any(|other| other.column(&column.name).is_some());
                        if shared {
                            items.push(column_item(column, &item.alias, 100));
                        }
                    }
                }
            }
        }
        Slot::Type => types(catalog, items),
        Slot::Routine { schema } => functions(catalog, schema.as_deref(), word, items),
        Slot::Schema => schemas(catalog, items),
        Slot::NewName => {}
    }
}

fn ends_with_on(prefix: &str) -> bool {
    let (tokens, _) = grammar::scan(prefix);
    tokens.last().is_some_and(|token| token.kind == TokenKind::On)
}

fn column_item(column: &crate::analysis::ScopeColumn, owner: &Name, rank: u32) -> Item {
    let (detail, documentation) = match &column.source {
        Some((relation, source)) => (
            format!("{} · {}", describe::column_type(source), relation.name),
            source.comment.as_deref().map(str::to_owned),
        ),
        None if owner.is_empty() => (column.ty.to_string(), None),
        None => (format!("{} · {owner}", column.ty), None),
    };
    Item {
        label: column.name.to_string(),
        kind: Kind::Column,
        detail: Some(detail),
        documentation,
        insert: quote::identifier(&column.name),
        rank,
    }
}

fn columns_of(scope: &Scope, depth: usize, items: &mut Vec<Item>) {
    let base = 100 + 100 * depth as u32;
    for item in &scope.items {
        for column in &item.columns {
            if column.merged {
                continue;
            }
            let mut made = column_item(column, &item.alias, base);
            let owners = scope
                .items
                .iter()
                .filter(|other| other.column(&column.name).is_some_and(|c| !c.merged))
                .count();
            if owners > 1 || item.qualified_only {
                // The bare name would be ambiguous.
                if item.unnamed {
                    continue;
                }
                made.insert = format!("{}.{}", quote::identifier(&item.alias), made.insert);
                made.label = format!("{}.{}", item.alias, made.label);
                made.rank += 10;
            }
            items.push(made);
        }
    }
}

fn aliases_of(scope: &Scope, depth: usize, items: &mut Vec<Item>) {
    for item in scope.items.iter().filter(|item| !item.unnamed && !item.alias.is_empty()) {
        items.push(Item {
            label: item.alias.to_string(),
            kind: Kind::Alias,
            detail: item
                .relation
                .as_ref()
                .map(|relation| format!("{} {}", relation.kind.word(), relation.name)),
            documentation: None,
            insert: quote::identifier(&item.alias),
            rank: 150 + 100 * depth as u32,
        });
    }
}

fn relations(
    marked: &Marked,
    catalog: &Catalog,
    schema: Option<&Name>,
    purpose: Purpose,
    items: &mut Vec<Item>,
) {
    let wanted = |kind: RelationKind| match purpose {
        Purpose::Read => kind.has_rows(),
        Purpose::Write => !matches!(
            kind,
            RelationKind::Sequence | RelationKind::CompositeType | RelationKind::MaterializedView
        ),
        Purpose::Define => kind != RelationKind::CompositeType,
    };
    let made = |relation: &crate::catalog::Relation, qualified: bool, rank: u32| Item {
        label: if qualified {
            format!("{}.{}", relation.schema, relation.name)
        } else {
            relation.name.to_string()
        },
        kind: if matches!(relation.kind, RelationKind::View | RelationKind::MaterializedView) {
            Kind::View
        } else {
            Kind::Table
        },
        detail: Some(relation.kind.word().to_owned()),
        documentation: Some(describe::relation_summary(relation)),
        insert: if qualified {
            quote::qualified(&relation.schema, &relation.name)
        } else {
            quote::identifier(&relation.name)
        },
        rank,
    };
    // A sequence can be read, but is hardly ever meant.
    let rank = |kind: RelationKind| if kind == RelationKind::Sequence { 300 } else { 100 };
    if let Some(schema) = schema {
        if let Some(found) = catalog.schema(schema) {
            let relations = found.relations.values().filter(|relation| wanted(relation.kind));
            items.extend(relations.map(|relation| made(relation, false, rank(relation.kind))));
        }
        for name in builtin::facts().relation_names(schema) {
            items.push(simple(&name, Kind::View, "system catalog", 200));
        }
        return;
    }
    for (n, cte) in marked.ctes.iter().enumerate() {
        items.push(simple(cte, Kind::Table, "common table expression", 50 + n as u32));
    }
    for relation in catalog.relations().filter(|relation| wanted(relation.kind)) {
        let visible =
            catalog.relation(None, &relation.name).is_some_and(|found| found.schema == relation.schema);
        items.push(made(relation, !visible, rank(relation.kind) + if visible { 0 } else { 50 }));
    }
    schemas(catalog, items);
}

pub(super) fn simple(name: &str, kind: Kind, detail: &str, rank: u32) -> Item {
    Item {
        label: name.to_owned(),
        kind,
        detail: Some(detail.to_owned()),
        documentation: None,
        insert: quote::identifier(name),
        rank,
    }
}

pub(super) fn schemas(catalog: &Catalog, items: &mut Vec<Item>) {
    for schema in catalog.schemas.keys().map(|name| &**name).chain(["information_schema", "pg_catalog"]) {
        items.push(simple(schema, Kind::Schema, "schema", 400));
    }
}

pub(super) fn types(catalog: &Catalog, items: &mut Vec<Item>) {
    for ty in catalog.schemas.values().flat_map(|schema| schema.types.values()) {
        let visible = catalog.user_type(None, &ty.name).is_some_and(|found| found.schema == ty.schema);
        let mut item = simple(&ty.name, Kind::Type, ty.kind.word(), 100);
        if !visible {
            item.label = format!("{}.{}", ty.schema, ty.name);
            item.insert = quote::qualified(&ty.schema, &ty.name);
        }
        items.push(item);
    }
    let offered = |text: &str| !text.starts_with("pg_") && !text.starts_with("any");
    for ty in builtin::facts().catalog_types().filter(|ty| offered(ty.text)) {
        let mut item = simple(ty.text, Kind::Type, "type", 200);
        item.insert = ty.text.to_owned();
        item.documentation = (!ty.description.is_empty()).then(|| ty.description.to_owned());
        items.push(item);
    }
}

fn functions(catalog: &Catalog, schema: Option<&str>, word: &str, items: &mut Vec<Item>) {
    for routines in catalog.schemas.values().flat_map(|schema| schema.routines.values()) {
        let Some(routine) = routines.first() else { continue };
        if schema.is_some_and(|schema| schema != &*routine.schema) {
            continue;
        }
        let visible = schema.is_some() || catalog.search_path.contains(&routine.schema);
        let name = if visible {
            quote::identifier(&routine.name)
        } else {
            quote::qualified(&routine.schema, &routine.name)
        };
        items.push(Item {
            label: format!("{}()", routine.name),
            kind: Kind::Function,
            detail: Some(describe::routine_signature(routine)),
            documentation: routine.comment.as_deref().map(str::to_owned),
            insert: format!("{name}("),
            rank: 500,
        });
    }
    // Of 2,600 built-in overloads only those that begin like the word are of use.
    if schema.is_some_and(|schema| schema != "pg_catalog") || word.is_empty() {
        return;
    }
    let lower = word.to_lowercase();
    let mut last = "";
    let begun = |function: &&BuiltinFunction| function.name.starts_with(&lower) && function.is_callable();
    for routine in builtin::facts().functions.current().filter(begun) {
        if routine.name == last {
            continue;
        }
        last = routine.name;
        items.push(Item {
            label: format!("{}()", routine.name),
            kind: Kind::Function,
            detail: Some(describe::builtin_signature(routine)),
            documentation: (!routine.description.is_empty()).then(|| routine.description.to_owned()),
            insert: format!("{}(", routine.name),
            rank: 600,
        });
    }
}

/// The items that match the word, best first, and whether some were left out.
fn ranked(mut items: Vec<Item>, word: &str) -> (Vec<Item>, bool) {
    if !word.is_empty() {
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::new(word, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy);
        let mut buffer = Vec::new();
        let mut scored: Vec<(u32, Item)> = items
            .into_iter()
            .filter_map(|item| {
                Some((pattern.score(Utf32Str::new(&item.label, &mut buffer), &mut matcher)?, item))
            })
            .collect();
        scored.sort_by(|(a, x), (b, y)| {
            b.cmp(a).then_with(|| x.rank.cmp(&y.rank)).then_with(|| x.label.cmp(&y.label))
        });
        items = scored.into_iter().map(|(_, item)| item).collect();
    }
    items.sort_by_key(|item| item.rank);
    let incomplete = items.len() > MOST || word.is_empty();
    items.truncate(MOST);
    (items, incomplete)
}

#[cfg(test)]
mod tests;
