//! Document symbols: each statement under a short name, with what it makes below it.

mod body;

use super::written::Written;
use crate::syntax::StatementKind;
use crate::syntax::cst::{Element, NodeId};
use crate::text::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Table,
    View,
    Column,
    Constraint,
    Index,
    Sequence,
    Type,
    Enum,
    EnumLabel,
    Function,
    Procedure,
    Parameter,
    Trigger,
    Policy,
    Schema,
    Extension,
    Cte,
    /// Of PL/pgSQL, as the two that follow.
    Variable,
    Constant,
    /// A block, or a loop with a label.
    Block,
    /// Any other object that a statement makes.
    Object,
    /// A statement that makes no object.
    Statement,
    /// psql's own.
    Command,
}

/// A part of a document with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    pub name: String,
    pub detail: Option<String>,
    pub kind: Kind,
    /// All of it; from the statement's first byte.
    pub span: Span,
    /// The name, or what stands for one; in `span`.
    pub name_span: Span,
    pub children: Vec<Symbol>,
}

/// How deep symbols are shown within each other.
const DEPTH: usize = 16;
/// The longest text of a statement that is shown as it is, in bytes.
const LONGEST: usize = 60;

/// Nonterminals that are an object's name, or a list that begins with one.
const NAMES: [&str; 17] = [
    "qualified_name",
    "any_name",
    "func_name",
    "name",
    "ColId",
    "opt_single_name",
    "RoleId",
    "RoleSpec",
    "any_operator",
    "cursor_name",
    "var_name",
    "type_function_name",
    "NonReservedWord",
    "Typename",
    "GenericType",
    "insert_target",
    "savepoint_name",
];

/// How deep bodies within bodies are shown.
const BODIES: usize = 8;

/// The symbol of a statement; `None` where it has no code.
pub fn symbol(written: &Written) -> Option<Symbol> {
    symbol_in(written, BODIES)
}

/// The symbol of what a statement makes, with `depth` levels of what its bodies have.
fn created_in(written: &Written, depth: usize) -> Option<Symbol> {
    symbol_in(written, depth).filter(|symbol| symbol.kind != Kind::Statement)
}

fn symbol_in(written: &Written, depth: usize) -> Option<Symbol> {
    match written.kind {
        StatementKind::Blank => None,
        StatementKind::Psql => {
            let span = trimmed(written, written.code);
            let name = shortened(written.slice(span));
            Some(Symbol {
                name,
                detail: None,
                kind: Kind::Command,
                span,
                name_span: span,
                children: Vec::new(),
            })
        }
        StatementKind::Sql => {
            let code = trimmed(written, written.code);
            let parts = written.parts();
            let symbol = of_parts(written, parts, code, DEPTH);
            let mut symbol = symbol.unwrap_or_else(|| {
                let first = written.tokens.iter().find(|token| token.span.start >= code.start);
                Symbol {
                    name: shortened(written.slice(code)),
                    detail: None,
                    kind: Kind::Statement,
                    span: code,
                    name_span: first.map_or(code, |token| token.span),
                    children: Vec::new(),
                }
            });
            symbol.children.extend(body::symbols(written, depth));
            Some(symbol)
        }
    }
}

/// The symbol of a statement by its parts.
fn of_parts(written: &Written, parts: Vec<Element>, span: Span, depth: usize) -> Option<Symbol> {
    let children = if depth == 0 { Vec::new() } else { children(written, &parts, depth) };
    let head = Head::of(written, parts)?;
    let whole = |name: Span| Span::new(span.start.min(name.start), span.end.max(name.end));
    if head.words.first().is_some_and(|word| word == "CREATE") {
        let words: Vec<&str> = head.object_words().collect();
        let kind = match children.first() {
            Some(child) if child.kind == Kind::EnumLabel => Kind::Enum,
            _ => created(&words),
        };
        let mut detail = words.join(" ").to_lowercase();
        if let Some(on) = head.on {
            detail.push_str(&format!(" on {}", written.slice(on)));
        }
        let (name, name_span) = match head.name {
            Some(name) => (written.slice(name).to_owned(), name),
            None => (detail.clone(), head.first),
        };
        if name.is_empty() {
            return None;
        }
        let detail = (name != detail && !detail.is_empty()).then_some(detail);
        return Some(Symbol { name, detail, kind, span: whole(name_span), name_span, children });
    }
    let name_span = head.name.unwrap_or(head.first);
    let name = head.label(written);
    Some(Symbol { name, detail: None, kind: Kind::Statement, span: whole(name_span), name_span, children })
}

/// How a statement begins: its words up to the name of what it is about.
struct Head {
    /// Keywords in capitals.
    words: Vec<String>,
    /// The first word.
    first: Span,
    name: Option<Span>,
    /// What an index, a trigger, a policy is on.
    on: Option<Span>,
    /// A query, whose name is what it reads first.
    is_query: bool,
}

impl Head {
    fn of(written: &Written, mut parts: Vec<Element>) -> Option<Head> {
        let tree = &written.tree;
        let mut head =
            Head { words: Vec::new(), first: Span::default(), name: None, on: None, is_query: false };
        // WITH and its list say nothing of what the statement does.
        while is_word(written, parts.first().copied(), "WITH") {
            let list = parts.iter().position(|part| is_named(written, *part, &["cte_list"]))?;
            parts = written.opened(parts.split_off(list + 1));
        }
        // A query in parentheses is that query.
        while matches!(parts.first(), Some(Element::Terminal(n)) if tree.terminal(*n).token.is_char(b'(')) {
            parts = written.opened(parts.split_off(1));
        }
        match parts.first()? {
            Element::Terminal(n) => head.first = tree.terminal(*n).span,
            Element::Node(_) => return None,
        }
        let first = written.slice(head.first).to_ascii_uppercase();
        if matches!(first.as_str(), "SELECT" | "VALUES") {
            head.is_query = true;
            head.words.push(first);
            for part in &parts {
                if is_named(written, *part, &["from_clause"]) {
                    head.name = first_relation(written, *part);
                }
            }
            return Some(head);
        }
        let mut parts = parts.into_iter();
        for part in parts.by_ref() {
            match part {
                Element::Terminal(n) => {
                    let terminal = tree.terminal(n);
                    if !terminal.token.is_keyword() {
                        // EXPLAIN's options.
                        if head.words == ["EXPLAIN"] {
                            continue;
                        }
                        break;
                    }
                    head.words.push(written.slice(terminal.span).to_ascii_uppercase());
                }
                Element::Node(node) if tree.name(node) == "utility_option_list" => {}
                Element::Node(node) => {
                    if NAMES.contains(&tree.name(node)) && !tree.span(part).is_empty() {
                        head.name = Some(name_in(written, node));
                        break;
                    }
                    if matches!(tree.name(node), "ExplainableStmt" | "PreparableStmt" | "SelectStmt") {
                        let inner = Head::of(written, written.opened(vec![part]))?;
                        head.words.push(inner.label(written));
                        break;
                    }
                    match first_name(written, part) {
                        Ok(name) => {
                            head.name = Some(name);
                            break;
                        }
                        Err(words) => head.words.extend(words),
                    }
                }
            }
        }
        // What was put in for a missing name has no extent.
        head.name = head.name.filter(|name| !name.is_empty());
        let mut on = false;
        for part in parts {
            if on {
                head.on = match part {
                    Element::Node(node) if NAMES.contains(&tree.name(node)) => Some(name_in(written, node)),
                    _ => first_name(written, part).ok(),
                };
                break;
            }
            on = is_word(written, Some(part), "ON") || is_word(written, Some(part), "TO");
        }
        let created =
            head.words.iter().any(|word| matches!(word.as_str(), "INDEX" | "TRIGGER" | "POLICY" | "RULE"));
        if !created {
            head.on = None;
        } else if head.name.is_none() || head.words.last().is_some_and(|word| word == "ON") {
            // An index need not have a name.
            head.on = head.name.take();
            head.words.retain(|word| word != "ON");
        }
        Some(head)
    }

    /// Its words without those that say how and not what.
    fn object_words(&self) -> impl Iterator<Item = &str> {
        let idle = ["CREATE", "OR", "REPLACE", "IF", "NOT", "EXISTS", "CONCURRENTLY", "ONLY"];
        self.words.iter().map(String::as_str).filter(move |word| !idle.contains(word))
    }

    fn label(&self, written: &Written) -> String {
        let idle = ["IF", "NOT", "EXISTS", "CONCURRENTLY", "ONLY"];
        let words: Vec<&str> =
            self.words.iter().map(String::as_str).filter(|word| !idle.contains(word)).collect();
        let mut label = words.join(" ");
        if let Some(name) = self.name {
            label.push_str(if self.is_query { " … FROM " } else { " " });
            label.push_str(written.slice(name));
        }
        if let Some(on) = self.on {
            label.push_str(&format!(" on {}", written.slice(on)));
        }
        shortened(&label)
    }
}

/// The first name in an element; without one, its keywords where it has nothing else.
fn first_name(written: &Written, part: Element) -> Result<Span, Vec<String>> {
    let tree = &written.tree;
    let mut words = Vec::new();
    let mut waiting = vec![part];
    while let Some(element) = waiting.pop() {
        match element {
            Element::Node(_) if tree.span(element).is_empty() => {}
            Element::Node(node) if NAMES.contains(&tree.name(node)) => return Ok(name_in(written, node)),
            Element::Node(node) => waiting.extend(tree.children(node).iter().rev()),
            Element::Terminal(n) => {
                let terminal = tree.terminal(n);
                if !terminal.token.is_keyword() {
                    break;
                }
                words.push(written.slice(terminal.span).to_ascii_uppercase());
            }
        }
    }
    Err(words)
}

/// A name's own extent, without an alias behind it.
fn name_in(written: &Written, node: NodeId) -> Span {
    let tree = &written.tree;
    let inner = match tree.name(node) {
        "insert_target" => written.find(Element::Node(node), &["qualified_name"]).unwrap_or(node),
        _ => node,
    };
    as_written(written, tree.span(Element::Node(inner)))
}

/// A name's extent with what makes it a placeholder: `:name`.
fn as_written(written: &Written, span: Span) -> Span {
    written
        .placeholder_at(span.start)
        .map_or(span, |whole| Span::new(whole.start.min(span.start), whole.end.max(span.end)))
}

/// The first relation or function that a FROM clause reads.
fn first_relation(written: &Written, from: Element) -> Option<Span> {
    let node = written.find(from, &["qualified_name", "func_name"])?;
    let span = written.tree.span(Element::Node(node));
    (!span.is_empty()).then(|| as_written(written, span))
}

fn created(words: &[&str]) -> Kind {
    // `FOREIGN DATA WRAPPER`, `USER MAPPING` and the like are told by none of these words.
    for word in words {
        return match *word {
            "TABLE" => Kind::Table,
            "VIEW" => Kind::View,
            "INDEX" => Kind::Index,
            "SEQUENCE" => Kind::Sequence,
            "TYPE" | "DOMAIN" => Kind::Type,
            "FUNCTION" | "AGGREGATE" => Kind::Function,
            "PROCEDURE" => Kind::Procedure,
            "TRIGGER" | "RULE" => Kind::Trigger,
            "POLICY" => Kind::Policy,
            "SCHEMA" => Kind::Schema,
            "EXTENSION" => Kind::Extension,
            _ => continue,
        };
    }
    Kind::Object
}

/// What a statement makes: columns, constraints, fields, labels, arguments, common table expressions, elements.
fn children(written: &Written, parts: &[Element], depth: usize) -> Vec<Symbol> {
    let tree = &written.tree;
    let mut found = Vec::new();
    // With each element whether it is within a query.
    let mut waiting: Vec<(Element, bool)> = parts.iter().rev().map(|part| (*part, false)).collect();
    let makes_type = makes(written, parts, "TYPE");
    while let Some((element, in_query)) = waiting.pop() {
        let Element::Node(node) = element else { continue };
        let kind = match tree.name(node) {
            "common_table_expr" => {
                let mut cte = named(written, node, Kind::Cte, None);
                if depth > 1 {
                    cte.children = children(written, tree.children(node), depth - 1);
                }
                found.push(cte);
                continue;
            }
            "schema_stmt" => {
                let parts = written.opened(vec![element]);
                found.extend(of_parts(written, parts, tree.span(element), depth - 1));
                continue;
            }
            "columnDef" | "columnOptions" => Some(Kind::Column),
            "TableConstraint" => Some(Kind::Constraint),
            "TableLikeClause" => Some(Kind::Column),
            "TableFuncElement" if makes_type => Some(Kind::Column),
            "func_arg_with_default" | "aggr_arg" => Some(Kind::Parameter),
            "table_func_column" => Some(Kind::Column),
            "columnElem" if view_column(written, node) => Some(Kind::Column),
            "enum_val_list" => {
                // Its last label; those before it are in its first part.
                if let Some(label) = tree.children(node).last().copied() {
                    found.push(label_symbol(written, label));
                    let at = found.len() - 1;
                    labels_before(written, node, &mut found, at);
                }
                continue;
            }
            _ => None,
        };
        match kind {
            Some(kind) if !in_query => found.push(named(written, node, kind, detail(written, node))),
            _ => {
                let in_query = in_query || matches!(tree.name(node), "SelectStmt" | "select_with_parens");
                waiting.extend(tree.children(node).iter().rev().map(|child| (*child, in_query)));
            }
        }
    }
    found
}

/// Puts the labels of a list before its last one, which is at `at`.
fn labels_before(written: &Written, list: NodeId, found: &mut Vec<Symbol>, at: usize) {
    let tree = &written.tree;
    let mut earlier = Vec::new();
    let mut list = tree.children(list).first().copied();
    while let Some(Element::Node(node)) = list {
        if tree.name(node) != "enum_val_list" {
            break;
        }
        earlier.extend(tree.children(node).last().map(|label| label_symbol(written, *label)));
        list = tree.children(node).first().copied();
    }
    earlier.reverse();
    found.splice(at..at, earlier);
}

fn label_symbol(written: &Written, label: Element) -> Symbol {
    let span = written.tree.span(label);
    let text = written.slice(span);
    let name = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).unwrap_or(text);
    Symbol {
        name: or_text(name, text),
        detail: None,
        kind: Kind::EnumLabel,
        span,
        name_span: span,
        children: Vec::new(),
    }
}

/// A column in the list behind the name of a view.
fn view_column(written: &Written, node: NodeId) -> bool {
    let tree = &written.tree;
    let above: Vec<&str> = std::iter::successors(tree.parent(node), |node| tree.parent(*node))
        .map(|node| tree.name(node))
        .filter(|name| *name != "columnList")
        .take(2)
        .collect();
    matches!(above[..], ["opt_column_list", "ViewStmt" | "create_as_target" | "create_mv_target"])
        || above.first() == Some(&"ViewStmt")
}

fn makes(written: &Written, parts: &[Element], word: &str) -> bool {
    is_word(written, parts.first().copied(), "CREATE")
        && parts.iter().take(3).any(|part| is_word(written, Some(*part), word))
}

/// A symbol by the name in a node: the one of a column, of an argument, behind CONSTRAINT.
fn named(written: &Written, node: NodeId, kind: Kind, detail: Option<String>) -> Symbol {
    let tree = &written.tree;
    let span = tree.span(Element::Node(node));
    let name = match tree.name(node) {
        "TableConstraint" => tree
            .children(node)
            .iter()
            .find(|child| is_named(written, **child, &["name"]))
            .map(|name| tree.span(*name)),
        "TableLikeClause" => None,
        "func_arg_with_default" | "aggr_arg" => {
            written.find(Element::Node(node), &["param_name"]).map(|name| tree.span(Element::Node(name)))
        }
        _ => written
            .find(Element::Node(node), &["ColId", "name", "param_name"])
            .map(|name| tree.span(Element::Node(name))),
    };
    let text = shortened(written.slice(span));
    let (name, name_span) = match name {
        Some(name) => (or_text(written.slice(name), &text), name),
        None => (text, span),
    };
    // An argument without a name is called by its type, which need not be said twice.
    let detail = detail.filter(|detail| *detail != name);
    Symbol { name, detail, kind, span, name_span, children: Vec::new() }
}

/// The type of a column or an argument, the kind of a constraint with a name.
fn detail(written: &Written, node: NodeId) -> Option<String> {
    let of = match written.tree.name(node) {
        "TableConstraint" => written.find(Element::Node(node), &["ConstraintElem"])?,
        "TableLikeClause" => return None,
        _ => written.find(Element::Node(node), &["func_type", "Typename"])?,
    };
    Some(shortened(written.slice(written.tree.span(Element::Node(of)))))
}

fn is_named(written: &Written, element: Element, names: &[&str]) -> bool {
    matches!(element, Element::Node(node) if names.contains(&written.tree.name(node)))
}

fn is_word(written: &Written, element: Option<Element>, word: &str) -> bool {
    let Some(Element::Terminal(n)) = element else { return false };
    let terminal = written.tree.terminal(n);
    terminal.token.is_keyword() && written.slice(terminal.span).eq_ignore_ascii_case(word)
}

/// A symbol must have a name.
fn or_text(name: &str, text: &str) -> String {
    match (name.trim().is_empty(), text.trim().is_empty()) {
        (false, _) => name.to_owned(),
        (true, false) => text.to_owned(),
        (true, true) => "?".to_owned(),
    }
}

/// A text on one line, and not too long.
fn shortened(text: &str) -> String {
    let line = text.split_whitespace().take(LONGEST).collect::<Vec<_>>().join(" ");
    let line = line.trim_end_matches([';', ' ']);
    let line = if line.is_empty() { ";" } else { line };
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}

/// A span without the white space at its end.
fn trimmed(written: &Written, span: Span) -> Span {
    let text = written.slice(span).trim_end();
    Span::new(span.start, span.start + text.len())
}

#[cfg(test)]
mod tests;
