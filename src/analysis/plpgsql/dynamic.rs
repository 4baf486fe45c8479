//! EXECUTE: literal text is analyzed like any other, and text that is put together is followed to where it comes from.

use super::super::statement::{Analyzer, strings};
use super::super::{Diagnostic, routine::Arguments};
use super::expression::{Given, SELECT, settled};
use super::format::{conversions, format_call};
use super::variables::Origin;
use super::{Checker, Meaning, Weight};
use crate::catalog::builtin;
use crate::catalog::model::{Name, Volatility};
use crate::catalog::types::TypeRef;
use crate::syntax::ast::{ColumnRef, Node, NodeEnum};
use crate::syntax::body::Content;
use crate::syntax::children::children;
use crate::syntax::plpgsql::ast::Sql;
use crate::text::Span;

impl Checker<'_> {
    /// EXECUTE; what it gives, if that is known.
    pub(super) fn execute(&mut self, query: &Sql, using: &[Sql]) -> Option<Given> {
        self.expression(query);
        self.injection(query.span);
        let types: Vec<TypeRef> =
            using.iter().map(|value| settled(&self.expression(value).value().ty)).collect();
        let body = self.body.bodies().iter().find(|body| body.literal == trimmed(self.text, query.span));
        let Some(body) = body else {
            // What it does is not known.
            self.take(None);
            return None;
        };
        let Content::Sql(sql) = body.content() else { return None };
        if let Some(error) = sql.errors.first() {
            let diagnostic = Diagnostic { weight: Weight::Warning, ..Diagnostic::from(error) };
            let diagnostic = diagnostic.placed(|span| body.to_outer(span));
            self.report_at(diagnostic);
            return None;
        }
        if sql.parse.has_unknown_names() {
            return None;
        }
        let mut analyzer = Analyzer::new(&sql.parse, self.catalog);
        analyzer.any_schema = self.any_schema;
        analyzer.given = types;
        analyzer.arguments = Arguments::of_plpgsql("EXECUTE".into());
        let mut last = None;
        let mut is_query = true;
        for node in sql.parse.nodes() {
            is_query &= super::expression::is_query(node);
            last = analyzer.body_statement(node);
        }
        let takes = analyzer.volatility;
        let found = std::mem::take(&mut analyzer.out.diagnostics);
        drop(analyzer);
        self.take(Some(if is_query { takes } else { Volatility::Volatile }));
        if found.is_empty() && using.is_empty() && is_query {
            let message = "EXECUTE of a literal without USING: the statement can stand by itself";
            self.say(query.span, Weight::Silent, "unneeded-execute", message);
        }
        for diagnostic in found {
            self.report_at(diagnostic.placed(|span| body.to_outer(span)));
        }
        let outputs = last?;
        let fields = outputs.columns.iter().map(|column| (column.name.clone(), column.ty.clone())).collect();
        Some(Given {
            fields: (!outputs.unknown).then_some(fields),
            exprs: outputs.exprs,
            has_rows: true,
            is_known: is_query,
        })
    }

    /// Text of a variable that comes into SQL without being quoted.
    fn injection(&mut self, span: Span) {
        // Nobody gives a block anything.
        if self.routine.is_block {
            return;
        }
        let Some(parse) = self.parsed(&format!("{SELECT}{}", self.written(span))) else { return };
        let at = parse.nodes().find_map(|node| self.tainted_in(node));
        if let Some(at) = at
            && let Some(at) =
                usize::try_from(at).ok().and_then(|at| (at + span.start).checked_sub(SELECT.len()))
        {
            let message = "text of a variable becomes part of an SQL statement without being quoted";
            let hint = "Use format() with %I for names and %L for values, quote_ident() and quote_literal(), or USING.";
            let at = self.token_at(at);
            self.say_hinting(at, Weight::Warning, "sql-injection", message, Some(hint.into()));
        }
    }

    /// Whether an expression has text of a caller in it that nothing quotes.
    pub(super) fn is_tainted(&self, span: Span) -> bool {
        let Some(parse) = self.parsed(&format!("{SELECT}{}", self.written(span))) else { return false };
        parse.nodes().any(|node| self.tainted_in(node).is_some())
    }

    fn tainted_in(&self, node: &NodeEnum) -> Option<i32> {
        let NodeEnum::SelectStmt(select) = node else { return None };
        // What is read from tables is data that somebody else answers for.
        if !select.from_clause.is_empty() {
            return None;
        }
        select.target_list.iter().find_map(|node| match &node.node {
            Some(NodeEnum::ResTarget(target)) => self.tainted(target.val.as_deref()?),
            _ => None,
        })
    }

    /// Where the text stands that nothing quotes.
    fn tainted(&self, node: &Node) -> Option<i32> {
        match node.node.as_ref()? {
            NodeEnum::ColumnRef(column) => self.tainted_variable(column),
            NodeEnum::ParamRef(parameter) => {
                let id = self.variables.numbered(usize::try_from(parameter.number).ok()?)?;
                let variable = self.variables.get(id);
                match variable.shape {
                    super::variables::Shape::Of(ty) if self.is_text(&ty) => Some(parameter.location),
                    _ => None,
                }
            }
            NodeEnum::AExpr(e) => {
                if strings(&e.name).last().is_none_or(|name| &**name != "||") {
                    return None;
                }
                let left = e.lexpr.as_deref().and_then(|left| self.tainted(left));
                left.or_else(|| e.rexpr.as_deref().and_then(|right| self.tainted(right)))
            }
            NodeEnum::TypeCast(cast) => {
                let name = cast.type_name.as_ref()?;
                let ty = crate::catalog::apply::type_name::resolve(self.catalog, name);
                if self.is_text(&ty) { self.tainted(cast.arg.as_deref()?) } else { None }
            }
            NodeEnum::FuncCall(call) => {
                let names = strings(&call.funcname);
                let name: &Name = names.last()?;
                if name.starts_with("quote_") {
                    return None;
                }
                if let Some((text, arguments)) = format_call(call) {
                    let places = conversions(text).ok()?;
                    let mut plain = places.iter().filter(|place| place.kind == 's');
                    return plain.find_map(|place| self.tainted(arguments.get(place.argument)?));
                }
                let overloads = builtin::facts().functions.named(name);
                let gives_text =
                    overloads.is_empty() || overloads.iter().any(|one| self.is_text(&one.result));
                if gives_text { call.args.iter().find_map(|argument| self.tainted(argument)) } else { None }
            }
            other @ (NodeEnum::CoalesceExpr(_) | NodeEnum::MinMaxExpr(_)) => {
                let mut found = None;
                children(other, &mut |child| found = found.or_else(|| self.tainted(child)));
                found
            }
            NodeEnum::CaseExpr(case) => {
                let results = case.args.iter().filter_map(|node| match &node.node {
                    Some(NodeEnum::CaseWhen(when)) => when.result.as_deref(),
                    _ => None,
                });
                results.chain(case.defresult.as_deref()).find_map(|result| self.tainted(result))
            }
            NodeEnum::CollateClause(collate) => self.tainted(collate.arg.as_deref()?),
            _ => None,
        }
    }

    fn tainted_variable(&self, column: &ColumnRef) -> Option<i32> {
        let names = strings(&column.fields);
        let (id, meaning) = self.variables.lookup(self.types, &names)?;
        let Meaning::Value(ty) = meaning else { return None };
        let variable = self.variables.get(id);
        let is_free = match variable.origin {
            Origin::Argument => true,
            _ => variable.is_tainted,
        };
        (is_free && self.is_text(&ty)).then_some(column.location)
    }

    fn is_text(&self, ty: &TypeRef) -> bool {
        self.types.category(&self.types.base(ty)) == Some('S')
    }
}

/// A span without the spaces around what it has.
fn trimmed(text: &str, span: Span) -> Span {
    let written = &text[span.range()];
    let start = span.start + (written.len() - written.trim_start().len());
    Span::new(start, start + written.trim().len())
}
