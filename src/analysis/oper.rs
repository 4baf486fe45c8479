//! Operators and what is made of them: IN, BETWEEN, ANY, IS DISTINCT FROM, comparisons of rows (parse_oper.c, and the
//! like of parse_expr.c).

use super::statement::{Analyzer, strings};
use super::typed::{Form, Typed, leftmost};
use crate::catalog::builtin;
use crate::catalog::entity::EntityKind;
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{Answer, Class, Common, Context, NoOperator, Types, is_polymorphic, same};
use crate::syntax::ast::{AExpr, AExprKind, Node, NodeEnum, SubLinkType};
use crate::syntax::children::children;

const HINT: &str =
    "No operator matches the given name and argument types. You might need to add explicit type casts.";
const HINT_ONE: &str =
    "No operator matches the given name and argument type. You might need to add an explicit type cast.";
const HINT_SEVERAL: &str =
    "Could not choose a best candidate operator. You might need to add explicit type casts.";

impl Analyzer<'_> {
    pub(super) fn a_expr(&mut self, e: &AExpr) -> Typed {
        let names = strings(&e.name);
        let (schema, name) = match &names[..] {
            [name] => (None, &**name),
            [schema, name] => (Some(&**schema), &**name),
            _ => return self.walk_operands(e),
        };
        let left = e.lexpr.as_deref();
        let right = e.rexpr.as_deref();
        match e.kind() {
            AExprKind::AexprOp => {
                if let (Some(Node { node: Some(NodeEnum::RowExpr(one)) }), Some(two)) = (left, right) {
                    match &two.node {
                        Some(NodeEnum::SubLink(link)) if link.sub_link_type() == SubLinkType::ExprSublink => {
                            let Some(one) = self.row_fields(&one.args) else {
                                return Typed::builtin("bool", e.location);
                            };
                            self.row_comparison_with_query(&names, &one, link, e.location);
                            return Typed::builtin("bool", e.location);
                        }
                        Some(NodeEnum::RowExpr(two)) => {
                            if let (Some(one), Some(two)) =
                                (self.row_fields(&one.args), self.row_fields(&two.args))
                            {
                                self.row_comparison((schema, name), &one, &two, e.location);
                            }
                            return Typed::builtin("bool", e.location);
                        }
                        _ => {}
                    }
                }
                self.plain_operator((schema, name), left, right, e.location)
            }
            AExprKind::AexprLike | AExprKind::AexprIlike | AExprKind::AexprSimilar => {
                self.plain_operator((schema, name), left, right, e.location)
            }
            AExprKind::AexprOpAny | AExprKind::AexprOpAll => {
                let (Some(left), Some(right)) = (left, right) else { return Typed::unknown(e.location) };
                let (left, right) = (self.expr(left), self.expr(right));
                self.array_operator((schema, name), &left, &right, e.location)
            }
            AExprKind::AexprDistinct | AExprKind::AexprNotDistinct => {
                let (Some(left), Some(right)) = (left, right) else { return Typed::unknown(e.location) };
                if let (Some(NodeEnum::RowExpr(one)), Some(NodeEnum::RowExpr(two))) =
                    (&left.node, &right.node)
                {
                    if let (Some(one), Some(two)) = (self.row_fields(&one.args), self.row_fields(&two.args)) {
                        self.row_comparison((schema, name), &one, &two, e.location);
                    }
                } else {
                    let (left, right) = (self.expr(left), self.expr(right));
                    let found = self.operator((schema, name), Some(&left), &right, e.location);
                    self.must_be_boolean(
                        &found,
                        "IS DISTINCT FROM requires = operator to yield boolean",
                        e.location,
                    );
                }
                Typed::builtin("bool", e.location)
            }
            AExprKind::AexprNullif => {
                let (Some(left), Some(right)) = (left, right) else { return Typed::unknown(e.location) };
                let (left, right) = (self.expr(left), self.expr(right));
                let (found, ty) = self.operation((schema, name), Some(&left), &right, e.location);
                self.must_be_boolean(&found, "NULLIF requires = operator to yield boolean", e.location);
                // What it gives is what `=` takes for its first operand.
                let merged = self.merged([(&left, &ty), (&right, &ty)]);
                let ty = if same(&ty, &left.ty) { left.ty.clone() } else { ty };
                self.collated(ty, e.location, merged)
            }
            AExprKind::AexprIn => self.in_list((schema, name), e),
            AExprKind::AexprBetween
            | AExprKind::AexprNotBetween
            | AExprKind::AexprBetweenSym
            | AExprKind::AexprNotBetweenSym => {
                let bounds = right.map(list_items).unwrap_or_default();
                let (Some(left), [low, high]) = (left, bounds) else { return self.walk_operands(e) };
                let is_not = matches!(e.kind(), AExprKind::AexprNotBetween | AExprKind::AexprNotBetweenSym);
                let (first, second) = if is_not { ("<", ">") } else { (">=", "<=") };
                let is_parameter = matches!(left.node, Some(NodeEnum::ParamRef(_)));
                let (node, left, low) = (left, self.expr(left), self.expr(low));
                self.operator((None, first), Some(&left), &low, e.location);
                // Of the first comparison a parameter has its type in the second.
                let left = if is_parameter { self.expr(node) } else { left };
                let high = self.expr(high);
                self.operator((None, second), Some(&left), &high, e.location);
                Typed::builtin("bool", leftmost(left.location, e.location))
            }
            _ => self.walk_operands(e),
        }
    }

    fn plain_operator(
        &mut self,
        name: (Option<&str>, &str),
        left: Option<&Node>,
        right: Option<&Node>,
        location: i32,
    ) -> Typed {
        let of_left = left;
        let left = left.map(|node| self.expr(node));
        if let (Some(left), Some(right), None | Some("pg_catalog")) = (&left, right, name.0) {
            self.divides(name.1, left, right, location);
        }
        let Some(node) = right else { return Typed::unknown(location) };
        let right = self.expr(node);
        let reported = self.out.diagnostics.len();
        let result = self.operator(name, left.as_ref(), &right, location);
        if let (Some(one), Some(left)) = (of_left, &left)
            && self.out.diagnostics.len() == reported
            && result.ty.is_builtin("bool")
            && name.0.is_none()
            && self.catalog.entities_named(EntityKind::Operator, None, name.1).is_empty()
        {
            self.compares_rows(name.1, [(one, left), (node, &right)], location);
        }
        result
    }

    fn walk_operands(&mut self, e: &AExpr) -> Typed {
        for node in e.lexpr.iter().chain(&e.rexpr) {
            self.expr(node);
        }
        Typed::unknown(e.location)
    }

    fn must_be_boolean(&mut self, found: &Typed, message: &str, location: i32) {
        if found.ty != TypeRef::Unknown && !found.ty.is_builtin("bool") {
            self.report_at(location, "42804", message);
        }
    }

    /// `make_op`
    pub(super) fn operator(
        &mut self,
        name: (Option<&str>, &str),
        left: Option<&Typed>,
        right: &Typed,
        location: i32,
    ) -> Typed {
        self.operation(name, left, right, location).0
    }

    /// What an operator gives, and what it takes its first operand for.
    fn operation(
        &mut self,
        (schema, name): (Option<&str>, &str),
        left: Option<&Typed>,
        right: &Typed,
        location: i32,
    ) -> (Typed, TypeRef) {
        let unknown = |at: i32| (Typed::unknown(at), TypeRef::Unknown);
        let types = self.types;
        let at = left.map_or(location, |left| leftmost(left.location, location));
        let operands: Vec<Typed> = left.into_iter().chain([right]).cloned().collect();
        let found = match types.operator(schema, name, left.map(|left| &left.ty), &right.ty) {
            Ok(found) => found,
            Err(NoOperator::Unknown) => return unknown(at),
            // What ends an operator may begin a client's placeholder (`=@id`), and `??` is how some write `?`.
            Err(_) if may_hold_a_placeholder(name) => return unknown(at),
            // What a client puts in the place of a parameter may well have a type.
            Err(_) if operands.iter().any(Typed::is_parameter) => return unknown(at),
            Err(why) => {
                let mut text = left.map_or(String::new(), |left| types.print(&left.ty) + " ");
                text += &Types::written(schema, name);
                text += &format!(" {}", types.print(&right.ty));
                let hint = if left.is_none() { HINT_ONE } else { HINT };
                match why {
                    NoOperator::Ambiguous => {
                        let message = format!("operator is not unique: {text}");
                        self.report_hinting(location, "42725", message, Some(HINT_SEVERAL));
                    }
                    _ => {
                        let message = format!("operator does not exist: {text}");
                        self.report_hinting(location, "42883", message, Some(hint));
                    }
                }
                return unknown(at);
            }
        };
        let actual: Vec<TypeRef> = operands.iter().map(|operand| operand.ty.without_modifier()).collect();
        self.note_operator(&found, &actual, location);
        // Literals on both sides of an operator that was found by its exact types have become these.
        match types.concrete(&actual, &found.inputs(), &found.result) {
            Ok(concrete) => {
                for (operand, ty) in operands.iter().zip(&concrete.arguments) {
                    self.fit(operand, ty);
                }
                let merged = self.merged(operands.iter().zip(&concrete.arguments));
                let first = match (concrete.arguments.into_iter().next(), actual.first()) {
                    // A row becomes a record without a change of its type.
                    (Some(ty), Some(own)) if ty.is_builtin("record") => own.clone(),
                    (ty, _) => ty.unwrap_or(TypeRef::Unknown),
                };
                (self.collated(concrete.result, at, merged), first)
            }
            Err(None) => unknown(at),
            Err(Some(wrong)) => {
                self.report_at(location, wrong.sqlstate, wrong.message);
                unknown(at)
            }
        }
    }

    /// `make_scalar_array_op`: ANY and ALL of an array.
    fn array_operator(
        &mut self,
        (schema, name): (Option<&str>, &str),
        left: &Typed,
        right: &Typed,
        location: i32,
    ) -> Typed {
        let result = Typed::builtin("bool", leftmost(left.location, location));
        let types = self.types;
        let element = if right.is_untyped() {
            right.ty.clone()
        } else if right.ty == TypeRef::Unknown || types.is_opaque(&right.ty) {
            return result;
        } else {
            match types.element(&types.base(&right.ty)) {
                Some(element) => element,
                None => {
                    self.report_at(location, "42809", "op ANY/ALL (array) requires array on right side");
                    return result;
                }
            }
        };
        let one = Typed::new(element, right.location).with(right.collation.clone());
        let reported = self.out.diagnostics.len();
        let found = self.operator((schema, name), Some(left), &one, location);
        if right.is_parameter() {
            self.out.diagnostics.truncate(reported);
        }
        if found.ty != TypeRef::Unknown && !found.ty.is_builtin("bool") {
            self.report_at(location, "42809", "op ANY/ALL (array) requires operator to yield boolean");
        }
        if right.is_untyped() && !left.is_untyped() && left.ty != TypeRef::Unknown {
            let base = types.base(&left.ty).without_modifier();
            if base.element().is_none() && !is_polymorphic(&base) {
                self.fit(right, &base.array_of());
            }
        }
        result
    }

    fn in_list(&mut self, (schema, name): (Option<&str>, &str), e: &AExpr) -> Typed {
        let items = e.rexpr.as_deref().map(list_items).unwrap_or_default();
        let Some(left_node) = e.lexpr.as_deref() else { return Typed::unknown(e.location) };
        let left = self.expr(left_node);
        let result = Typed::builtin("bool", leftmost(left.location, e.location));
        let mut exprs: Vec<(Typed, bool)> =
            items.iter().map(|item| (self.expr(item), has_column(item))).collect();
        // What has no columns makes an array, when there are several of a common type.
        let is_row = |expr: &Typed| matches!(expr.form, Form::Row(_));
        let plain: Vec<Typed> = exprs.iter().filter(|(_, has)| !has).map(|(expr, _)| expr.clone()).collect();
        if plain.len() > 1 && !is_row(&left) && !plain.iter().any(is_row) {
            let list: Vec<TypeRef> = [&left].into_iter().chain(&plain).map(|expr| expr.ty.clone()).collect();
            match self.types.common(&list) {
                Common::Type(ty) if !ty.is_builtin("record") => {
                    for expr in &plain {
                        self.be_common(expr, &ty, "IN");
                    }
                    let merged = self.merged_as(&plain, &ty);
                    let one = self.collated(ty, e.location, merged);
                    self.operator((schema, name), Some(&left), &one, e.location);
                    exprs.retain(|(_, has)| *has);
                }
                Common::Unknown => return result,
                _ => {}
            }
        }
        for (expr, _) in &exprs {
            match (&left.form, &expr.form) {
                (Form::Row(one), Form::Row(two)) => {
                    self.row_comparison((schema, name), one, two, e.location);
                }
                _ => {
                    let found = self.operator((schema, name), Some(&left), expr, e.location);
                    self.be_boolean(&found, "IN");
                }
            }
        }
        result
    }

    /// `make_row_comparison_op`
    fn row_comparison(&mut self, name: (Option<&str>, &str), one: &[Typed], two: &[Typed], location: i32) {
        if one.len() != two.len() {
            self.report_at(location, "42601", "unequal number of entries in row expressions");
            return;
        }
        if one.is_empty() {
            self.report_at(location, "0A000", "cannot compare rows of zero length");
            return;
        }
        for (left, right) in one.iter().zip(two) {
            let found = self.operator(name, Some(left), right, location);
            if found.ty != TypeRef::Unknown && !found.ty.is_builtin("bool") {
                let is = self.types.print(&found.ty);
                let message = format!("row comparison operator must yield type boolean, not type {is}");
                self.report_at(location, "42804", message);
                return;
            }
        }
    }

    /// `(a, b) = (SELECT …)`, `a IN (SELECT …)`, `a > ANY (SELECT …)`
    pub(super) fn row_comparison_with_query(
        &mut self,
        names: &[crate::catalog::model::Name],
        left: &[Typed],
        link: &crate::syntax::ast::SubLink,
        location: i32,
    ) {
        let outputs = link.subselect.as_deref().map(|query| self.query(query)).unwrap_or_default();
        if outputs.unknown {
            return;
        }
        let right: Vec<Typed> = outputs
            .columns
            .iter()
            .map(|column| {
                let collation = column.collation.read_at(location);
                Typed::new(column.ty.clone(), location).with(collation)
            })
            .collect();
        if left.len() < right.len() {
            self.report_at(location, "42601", "subquery has too many columns");
            return;
        }
        if left.len() > right.len() {
            self.report_at(location, "42601", "subquery has too few columns");
            return;
        }
        let (schema, name) = match names {
            [name] => (None, &**name),
            [schema, name] => (Some(&**schema), &**name),
            _ => (None, "="),
        };
        self.row_comparison((schema, name), left, &right, location);
    }

    /// Whether a type's values can be sorted or compared; for `what` of messages. What is made of others can be if
    /// all of these can (lookup_type_cache).
    pub(super) fn has_operator(&self, name: &str, ty: &TypeRef) -> Answer {
        self.has_operator_within(name, ty, 0)
    }

    fn has_operator_within(&self, name: &str, ty: &TypeRef, depth: usize) -> Answer {
        let types = self.types;
        let base = types.base(ty).without_modifier();
        // Deeper than that nobody nests types, or they are within themselves.
        if depth > 10 || types.is_opaque(&base) {
            return Answer::Unknown;
        }
        if let Some(element) = base.element() {
            return self.has_operator_within(name, &element, depth + 1);
        }
        if types.class(&base) == Class::Composite {
            let Some(relation) = types.row_relation(&base).filter(|relation| !relation.unknown_columns)
            else {
                return Answer::Unknown;
            };
            let mut answer = Answer::Yes;
            for column in &relation.columns {
                match self.has_operator_within(name, &column.ty, depth + 1) {
                    Answer::Yes => {}
                    Answer::No => return Answer::No,
                    Answer::Unknown => answer = Answer::Unknown,
                }
            }
            return answer;
        }
        match types.operator(None, name, Some(ty), ty) {
            Ok(found) => {
                let inputs = found.inputs();
                types.can_coerce(&[ty.clone(), ty.clone()], &inputs, Context::Implicit)
            }
            Err(NoOperator::Unknown) => Answer::Unknown,
            Err(_) => Answer::No,
        }
    }
}

/// Whether an operator's last character may be a placeholder's first one: no operator is of that name, or one of these
/// that stand before a value.
fn may_hold_a_placeholder(name: &str) -> bool {
    let is_operator = || !builtin::facts().operators.named_in_any(name).is_empty();
    matches!(name, "@" | "?") || name.ends_with(['@', '?', '%', ':']) && !is_operator()
}

/// The items of a list node.
pub(super) fn list_items(node: &Node) -> &[Node] {
    match &node.node {
        Some(NodeEnum::List(list)) => &list.items,
        _ => &[],
    }
}

/// Whether a column is read in an expression; not in a query within.
fn has_column(node: &Node) -> bool {
    match &node.node {
        Some(NodeEnum::ColumnRef(_)) => true,
        Some(NodeEnum::SubLink(_)) | None => false,
        Some(inner) => {
            let mut found = false;
            children(inner, &mut |child| found |= has_column(child));
            found
        }
    }
}
