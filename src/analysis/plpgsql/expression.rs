//! The pieces of SQL in a body, each analyzed as PostgreSQL does when it runs it first.

use super::super::cte::Outputs;
use super::super::routine::Arguments;
use super::super::statement::Analyzer;
use super::super::typed::{Form, Typed};
use super::super::{Diagnostic, Weight};
use super::Checker;
use super::variables::{Field, Shape};
use crate::catalog::model::Volatility;
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{Answer, Context, same};
use crate::syntax::ast::{Node, NodeEnum, Token};
use crate::syntax::plpgsql::ast::Sql;
use crate::syntax::{Parse, grammar};
use crate::text::Span;

/// What a piece of SQL gives.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Its columns; `None` where they are not known.
    pub fields: Option<Vec<Field>>,
    pub exprs: Vec<Typed>,
    /// Whether it gives rows, as a query or RETURNING does.
    pub has_rows: bool,
    /// Its statement could be analyzed.
    pub is_known: bool,
}

impl Given {
    /// The only column.
    pub fn value(&self) -> Typed {
        match (&self.fields, &self.exprs[..]) {
            (Some(_), [only]) => only.clone(),
            _ => Typed::unknown(-1),
        }
    }
}

/// The words before an expression, which make a query of it.
pub const SELECT: &str = "SELECT ";

impl<'a> Checker<'a> {
    /// An expression.
    pub(super) fn expression(&mut self, sql: &Sql) -> Given {
        self.value(sql.span, None)
    }

    /// The expression at a place; in an assignment it becomes `target` as a value for a column does.
    pub(super) fn value(&mut self, span: Span, target: Option<&TypeRef>) -> Given {
        self.enter(span.start);
        let text = format!("{SELECT}{}", self.written(span));
        let start = span.start as isize - SELECT.len() as isize;
        self.analyze(&text, start, target, true)
    }

    /// A statement, or a query.
    pub(super) fn query(&mut self, sql: &Sql) -> Given {
        self.enter(sql.span.start);
        let code = sql.code(self.text).into_owned();
        self.analyze(&code, sql.span.start as isize, None, false)
    }

    /// Analyzes a text that begins at `start` of the body.
    pub(super) fn analyze(
        &mut self,
        text: &str,
        start: isize,
        target: Option<&TypeRef>,
        keeps_literals: bool,
    ) -> Given {
        let Some(parse) = self.parsed(text) else {
            self.read_names(text);
            return Given::default();
        };
        let place = |span: Span| {
            let at = |offset: usize| (offset as isize + start).max(0) as usize;
            Span::new(at(span.start), at(span.end))
        };
        let mut analyzer = self.analyzer(&parse);
        analyzer.keeps_literals = keeps_literals;
        let node = parse.nodes().next();
        let outputs = node.and_then(|node| analyzer.body_statement(node));
        if let (Some(target), Some(Outputs { exprs, unknown: false, .. })) = (target, &outputs)
            && let [only] = &exprs[..]
            && only.is_untyped()
        {
            analyzer.becomes(only, target, Context::Assignment);
        }
        let is_query = node.is_some_and(is_query);
        let takes = analyzer.volatility;
        let may_define = analyzer.out.defines;
        let mut found = std::mem::take(&mut analyzer.out.diagnostics);
        drop(analyzer);
        // What DDL says is known only where it is known what is there.
        if self.is_certain && !is_query && node.is_some() {
            found.extend(Analyzer::new(&parse, self.catalog).run().diagnostics);
        }
        self.implicit_casts(&parse, start);
        if is_query {
            self.take(Some(takes));
        } else {
            // What DDL and the like need is more than any function that promises something has.
            self.read_names(text);
            self.take(Some(Volatility::Volatile));
        }
        for diagnostic in &found {
            self.report_at(diagnostic.placed(place));
        }
        self.formats(&parse, start);
        self.may_define |= may_define;
        match outputs {
            Some(outputs) => {
                let columns = outputs.columns.iter().zip(&outputs.exprs);
                let fields = columns.map(|(column, expr)| (column.name.clone(), expr.ty.clone())).collect();
                Given {
                    fields: (!outputs.unknown).then_some(fields),
                    exprs: outputs.exprs,
                    has_rows: true,
                    is_known: true,
                }
            }
            None => Given { is_known: is_query, ..Given::default() },
        }
    }

    /// An analyzer that knows the variables.
    pub(super) fn analyzer<'b>(&'b self, parse: &'b Parse) -> Analyzer<'b> {
        let mut analyzer = Analyzer::new(parse, self.catalog);
        analyzer.variables = Some(self.variables);
        analyzer.any_schema = self.any_schema;
        analyzer.arguments = Arguments::of_plpgsql(self.routine.name.clone());
        analyzer.given = (self.routine.arguments.iter())
            .filter(|argument| argument.is_input)
            .map(|argument| argument.ty.clone())
            .collect();
        analyzer
    }

    /// What was found wrong in a piece: it fails when it runs.
    pub(super) fn report_at(&mut self, diagnostic: Diagnostic) {
        if diagnostic.sqlstate == "42P01"
            && !self.is_certain
            && let Some(name) = quoted(&diagnostic.message)
            && diagnostic.message.starts_with("relation")
        {
            let name = name.rsplit('.').next().unwrap_or(name).to_owned();
            if self.may_be_made(&name) {
                return;
            }
        }
        let weight = if self.is_certain { Weight::Error } else { Weight::Warning };
        let diagnostic = Diagnostic { weight, ..diagnostic };
        if !self.is_off && !self.inside.contains(&diagnostic) {
            self.inside.push(diagnostic);
        }
    }

    /// Takes all variables that a text names for read: of what is not analyzed it is not known what it does.
    pub(super) fn read_names(&self, text: &str) {
        let (tokens, _) = grammar::scan(text);
        for token in &tokens {
            let written = &text[token.span.range()];
            if token.kind == Token::Param {
                let number = written[1..].parse().ok().and_then(|number| self.variables.numbered(number));
                number.into_iter().for_each(|id| self.variables.read(id));
            }
            if !token.is_name() {
                continue;
            }
            let name = grammar::folded(written);
            if let Some((id, _)) = self.variables.find(self.types, &[name.as_str().into()]) {
                self.variables.read(id);
            }
        }
    }

    /// A condition: IF, WHILE, EXIT WHEN, ASSERT.
    pub(super) fn condition(&mut self, sql: &Sql) {
        let value = self.expression(sql).value();
        self.fits(&value, &TypeRef::builtin("bool"), sql.span, "a condition");
    }

    /// A whole number: a loop's bound.
    pub(super) fn number(&mut self, sql: &Sql) {
        let value = self.expression(sql).value();
        self.fits(&value, &TypeRef::builtin("int4"), sql.span, "a loop's bound");
    }

    /// Says where a value becomes a type only through its text, or through a cast that nobody wrote.
    pub(super) fn fits(&mut self, value: &Typed, target: &TypeRef, span: Span, what: &str) {
        let ty = match &value.form {
            Form::Literal(None) => return,
            Form::Literal(Some(_)) if value.is_untyped() => TypeRef::builtin("text"),
            _ => value.ty.clone(),
        };
        if ty == TypeRef::Unknown || *target == TypeRef::Unknown || same(&ty, target) {
            return;
        }
        if ty.is_builtin("record") || target.is_builtin("record") || target.is_builtin("refcursor") {
            return;
        }
        let types = self.types;
        let (from, to) = (ty.without_modifier(), target.without_modifier());
        // A domain's values are its base type's.
        if same(&types.base(&from), &types.base(&to)) {
            return;
        }
        let message =
            format!("{what} of type {} is given a value of type {}", types.print(&to), types.print(&from));
        match types.can_coerce_one(&from, &to, Context::Assignment) {
            Answer::Yes => {
                let message = format!("{message}, which is cast each time");
                self.say(span, Weight::Silent, "hidden-cast", message);
            }
            Answer::No => {
                let hint =
                    "No cast from one to the other is made on assignment: PL/pgSQL reads the value's text.";
                self.say_hinting(span, Weight::Warning, "assignment-cast", message, Some(hint.into()));
            }
            Answer::Unknown => {}
        }
    }

    /// The shape of a row with these columns.
    pub(super) fn shape_given(&self, given: &Given) -> Shape {
        match &given.fields {
            Some(fields) => {
                Shape::Fields(fields.iter().map(|(name, ty)| (name.clone(), settled(ty))).collect())
            }
            None => Shape::Unknown,
        }
    }

    /// A variable that is compared with a column of another type in WHERE: the column is cast, and no index of it is used.
    fn implicit_casts(&mut self, parse: &Parse, start: isize) {
        let mut found = Vec::new();
        for node in parse.nodes() {
            super::format::each_condition(node, &mut |scope, left, right, at| {
                found.push((scope.to_vec(), left.clone(), right.clone(), at));
            });
        }
        for (tables, left, right, at) in found {
            for (column, variable) in [(&left, &right), (&right, &left)] {
                let Some(column) = self.column_type(&tables, column) else { continue };
                let Some(variable) = self.variable_type(variable) else { continue };
                let types = self.types;
                let (column, variable) =
                    (types.base(&column).without_modifier(), types.base(&variable).without_modifier());
                let is_number = |ty: &TypeRef| types.category(ty) == Some('N');
                if is_number(&column)
                    && is_number(&variable)
                    && rank(&variable) > rank(&column)
                    && rank(&variable) > 3
                {
                    let Ok(at) = usize::try_from(at as isize + start) else { continue };
                    let message = format!(
                        "a column of type {} is cast to {}, the variable's type, so that no index of the column is of use",
                        types.print(&column),
                        types.print(&variable)
                    );
                    let span = self.token_at(at);
                    self.say(span, Weight::Hint, "implicit-cast-in-where", message);
                }
            }
        }
    }

    pub(super) fn token_at(&self, at: usize) -> Span {
        let (tokens, _) = grammar::scan(self.text.get(at..).map_or("", |rest| crate::text::clip(rest, 300)));
        tokens.first().map_or(Span::at(at), |token| token.span.shift(at))
    }

    fn column_type(&self, tables: &[(Option<String>, String, String)], node: &Node) -> Option<TypeRef> {
        let Some(NodeEnum::ColumnRef(column)) = &node.node else { return None };
        let names = super::super::statement::strings(&column.fields);
        if self.variables.lookup(self.types, &names).is_some() {
            return None;
        }
        let (item, name) = match &names[..] {
            [name] => (None, name),
            [item, name] => (Some(item), name),
            _ => return None,
        };
        let fitting = tables.iter().filter(|(_, _, alias)| item.is_none_or(|item| **item == **alias));
        let mut found = fitting.filter_map(|(schema, table, _)| {
            let relation = self.catalog.relation(schema.as_deref(), table)?;
            relation.column(name).map(|column| column.ty.clone())
        });
        found.next()
    }

    fn variable_type(&self, node: &Node) -> Option<TypeRef> {
        let Some(NodeEnum::ColumnRef(column)) = &node.node else { return None };
        let names = super::super::statement::strings(&column.fields);
        match self.variables.lookup(self.types, &names)? {
            (_, super::Meaning::Value(ty)) => Some(ty),
            _ => None,
        }
    }
}

/// How wide a type of numbers is.
fn rank(ty: &TypeRef) -> u8 {
    ["int2", "int4", "int8", "numeric", "float4", "float8"]
        .iter()
        .position(|name| ty.is_builtin(name))
        .map_or(0, |at| at as u8 + 1)
}

/// A literal that nothing gave a type is text by the time that somebody sees it.
pub fn settled(ty: &TypeRef) -> TypeRef {
    if ty.is_builtin("unknown") { TypeRef::builtin("text") } else { ty.clone() }
}

/// What stands between a message's first quotes.
fn quoted(message: &str) -> Option<&str> {
    message.split('"').nth(1)
}

/// Whether a statement is one that is planned, and may name variables.
pub fn is_query(node: &NodeEnum) -> bool {
    matches!(
        node,
        NodeEnum::SelectStmt(_)
            | NodeEnum::InsertStmt(_)
            | NodeEnum::UpdateStmt(_)
            | NodeEnum::DeleteStmt(_)
            | NodeEnum::MergeStmt(_)
    )
}
