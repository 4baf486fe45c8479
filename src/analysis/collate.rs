//! Which collation an expression has, and where two of them cannot be one (parse_collate.c).

use super::Diagnostic;
use super::cte::Outputs;
use super::func::Arguments;
use super::statement::{Analyzer, strings};
use super::typed::{Form, Typed};
use crate::catalog::collation;
use crate::catalog::model::{Column, Name, Relation, RelationKind};
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{self, Answer, Class, Function, same};
use crate::syntax::ast::{CollateClause, Node, NodeEnum};

/// The collation of an expression and how it came to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Collation {
    /// Nothing is known of it.
    #[default]
    Unknown,
    /// It has none: its type has none, or of two of its parts neither gave way.
    None,
    /// It follows from what the expression is made of; `at` is where that stands.
    Implicit { name: Name, at: i32 },
    /// Two of its parts have different ones; `at` is where the second stands.
    Conflict { one: Name, two: Name, at: i32 },
    /// COLLATE says so.
    Explicit { name: Name, at: i32 },
}

/// What gives way to any other.
const DEFAULT: &str = "default";

const HINT: &str = "You can choose the collation by applying the COLLATE clause to one or both expressions.";

impl Collation {
    pub fn implicit(name: impl Into<Name>, at: i32) -> Collation {
        Collation::Implicit { name: name.into(), at }
    }

    /// What those see who read it as a column.
    pub fn of_output(&self) -> Collation {
        match self {
            Collation::Implicit { name, .. } | Collation::Explicit { name, .. } => {
                Collation::Implicit { name: name.clone(), at: -1 }
            }
            Collation::Conflict { .. } | Collation::None => Collation::None,
            Collation::Unknown => Collation::Unknown,
        }
    }

    /// The same of a column that is read at a place.
    pub fn read_at(&self, location: i32) -> Collation {
        match self.of_output() {
            Collation::Implicit { name, .. } => Collation::Implicit { name, at: location },
            other => other,
        }
    }

    /// Its name, where it has one.
    pub fn name(&self) -> Option<&Name> {
        match self {
            Collation::Implicit { name, .. } | Collation::Explicit { name, .. } => Some(name),
            _ => None,
        }
    }
}

/// A type's own collation.
pub fn of_type(types: typing::Types, ty: &TypeRef) -> Collation {
    match types.collation(ty) {
        Some(Some(name)) => Collation::implicit(name, -1),
        Some(None) => Collation::None,
        None => Collation::Unknown,
    }
}

/// The collation of a relation's column.
pub fn of_column(types: typing::Types, relation: &Relation, column: &Column) -> Collation {
    if let Some(name) = &column.collation {
        return Collation::implicit(name.clone(), -1);
    }
    // What a view's query gives it is not kept, and PostgreSQL's own tables have collations of their own.
    let is_derived = matches!(relation.kind, RelationKind::View | RelationKind::MaterializedView);
    let is_own = matches!(&*relation.schema, "pg_catalog" | "information_schema")
        && !(relation.kind == RelationKind::Table && column.ty.is_builtin("name"));
    match of_type(types, &column.ty) {
        Collation::Implicit { .. } if is_derived || is_own => Collation::Unknown,
        own => own,
    }
}

impl Analyzer<'_> {
    /// An expression's collation once it has become one of a type; what has still no type is read as one.
    pub(super) fn coerced(&self, expr: &Typed, target: &TypeRef) -> Collation {
        let types = self.types;
        // What may be anything is taken for what it is.
        let target = if types.class(target) == Class::Pseudo { &expr.ty } else { target };
        if let Collation::Explicit { .. } = expr.collation {
            // A domain's own takes its place, unless COLLATE stands right before the cast.
            let is_domain = types.class(target) == Class::Domain && !same(&expr.ty, target);
            return match types.collation(target) {
                Some(None) => Collation::None,
                _ if is_domain && !expr.is_untyped() => Collation::Unknown,
                _ => expr.collation.clone(),
            };
        }
        let Some(own) = types.collation(target) else { return Collation::Unknown };
        let Some(own) = own else { return Collation::None };
        if expr.is_untyped() && matches!(expr.form, Form::Literal(_) | Form::Parameter(_)) {
            return Collation::implicit(own, expr.location);
        }
        if same(&expr.ty, target) {
            return self.collation_of(expr);
        }
        if types.class(target) == Class::Domain && &*own != DEFAULT {
            return Collation::implicit(own, expr.location);
        }
        match self.collation_of(expr) {
            // It had none to begin with, and has its type's now.
            Collation::None if types.collation(&expr.ty) == Some(None) => {
                Collation::implicit(own, expr.location)
            }
            other => other,
        }
    }

    /// What is known of an expression's collation.
    pub(super) fn collation_of(&self, expr: &Typed) -> Collation {
        match &expr.collation {
            Collation::Unknown if self.types.collation(&expr.ty) == Some(None) => Collation::None,
            known => known.clone(),
        }
    }

    /// What one part of an expression adds to what those before it have (merge_collation_state).
    fn add(&mut self, before: Collation, own: Collation) -> Collation {
        use Collation::{Conflict, Explicit, Implicit, Unknown};
        match (before, own) {
            (Explicit { name, at }, Explicit { name: other, at: place }) => {
                if name != other {
                    let message =
                        format!("collation mismatch between explicit collations \"{name}\" and \"{other}\"");
                    self.collation_error(place, "42P21", message, None);
                }
                Explicit { name, at }
            }
            (explicit @ Explicit { .. }, _) | (_, explicit @ Explicit { .. }) => explicit,
            (Unknown, _) | (_, Unknown) => Unknown,
            (Collation::None, other) | (other, Collation::None) => other,
            (conflict @ Conflict { .. }, _) | (_, conflict @ Conflict { .. }) => conflict,
            (Implicit { name, at }, Implicit { name: other, at: place }) => {
                if name == other || &*other == DEFAULT {
                    Implicit { name, at }
                } else if &*name == DEFAULT {
                    Implicit { name: other, at: place }
                } else {
                    Conflict { one: name, two: other, at: place }
                }
            }
        }
    }

    /// The collation of what is made of parts, each with the type that it is taken for.
    pub(super) fn merged<'t>(
        &mut self,
        parts: impl IntoIterator<Item = (&'t Typed, &'t TypeRef)>,
    ) -> Collation {
        let mut merged = Collation::None;
        for (part, target) in parts {
            let own = self.coerced(part, target);
            merged = self.add(merged, own);
        }
        merged
    }

    /// The same of parts of one type.
    pub(super) fn merged_as(&mut self, parts: &[Typed], ty: &TypeRef) -> Collation {
        self.merged(parts.iter().map(|part| (part, ty)))
    }

    /// The collation that a call's arguments have in common, each as what the function takes it for.
    pub(super) fn call_collation(
        &mut self,
        function: &Function,
        arguments: &Arguments,
        taken: &[TypeRef],
    ) -> Collation {
        // What an ordered-set aggregate sorts has nothing to do with its other arguments.
        if function.direct().is_some() {
            return Collation::Unknown;
        }
        let own: Vec<&TypeRef> = arguments.exprs.iter().map(|expr| &expr.ty).skip(taken.len()).collect();
        self.merged(arguments.exprs.iter().zip(taken.iter().chain(own)))
    }

    /// What a hypothetical-set aggregate is given is compared with what it sorts, pair by pair.
    pub(super) fn hypothetical_collation(&mut self, direct: &Typed, ordered: &Typed) {
        let (first, second) = match (direct.is_untyped(), ordered.is_untyped()) {
            (true, _) => (&ordered.ty, &ordered.ty),
            (_, true) => (&direct.ty, &direct.ty),
            _ => (&direct.ty, &ordered.ty),
        };
        let merged = self.merged([(direct, first), (ordered, second)]);
        self.must_be_collated(&Typed::unknown(-1).with(merged));
    }

    /// An expression of a type that is made of parts whose collation is `merged`.
    pub(super) fn collated(&self, ty: TypeRef, location: i32, merged: Collation) -> Typed {
        let collation = match self.types.collation(&ty) {
            None => Collation::Unknown,
            Some(None) => Collation::None,
            Some(Some(own)) if merged == Collation::None => Collation::implicit(own, location),
            Some(Some(_)) => merged,
        };
        Typed { collation, ..Typed::new(ty, location) }
    }

    /// Expressions of which one becomes the result: CASE, COALESCE and the like.
    pub(super) fn one_of(&mut self, exprs: &[Typed], construct: &str, location: i32) -> Typed {
        let ty = self.common(exprs, construct);
        let merged = self.merged_as(exprs, &ty);
        self.collated(ty, location, merged)
    }

    /// Reports what PostgreSQL looks at when all else of the query is right.
    pub(super) fn collation_error(
        &mut self,
        location: i32,
        sqlstate: &'static str,
        message: String,
        hint: Option<&str>,
    ) {
        if let Some(span) = self.token_span(location) {
            let error = Diagnostic::new(span, sqlstate, message).hinting(hint.map(str::to_owned));
            if !self.collation_errors.contains(&error) {
                self.collation_errors.push(error);
            }
        }
    }

    /// Tells what has been found by now.
    pub(super) fn report_collations(&mut self) {
        let errors = std::mem::take(&mut self.collation_errors);
        errors.into_iter().for_each(|error| self.report(error));
    }

    /// The same of what a query sorts or groups by, which may be one of its outputs.
    pub(super) fn sorted_must_be_collated(&mut self, expr: &Typed, outputs: &Outputs) {
        if let Collation::Conflict { one, two, .. } = &expr.collation {
            let is_it = |output: &&Typed| match &output.collation {
                Collation::Conflict { one: first, two: second, .. } => first == one && second == two,
                _ => false,
            };
            let output = outputs.exprs.iter().find(is_it).cloned();
            self.must_be_collated(&output.unwrap_or_else(|| expr.clone()));
        }
    }

    /// What is sorted or grouped by must have one collation.
    pub(super) fn must_be_collated(&mut self, expr: &Typed) {
        if let Collation::Conflict { one, two, at } = &expr.collation {
            let message = format!("collation mismatch between implicit collations \"{one}\" and \"{two}\"");
            self.collation_error(*at, "42P21", message, Some(HINT));
        }
    }

    /// `COLLATE name`: the collation where it may exist, of which nothing else need be known.
    pub(super) fn collation_name(&mut self, names: &[Node], location: i32) -> Option<Name> {
        let names = strings(names);
        let (schema, name) = match &names[..] {
            [name] => (None, name),
            [schema, name] => (Some(schema), name),
            _ => return None,
        };
        let missing = collation::missing(self.catalog, schema.map(|schema| &**schema), name);
        if let Some(missing) = missing.filter(|_| !self.types.is_unsure) {
            self.report_at(location, missing.sqlstate, missing.message);
            return None;
        }
        Some(name.clone())
    }

    /// What DEFAULT of SQL/JSON gives has the collation of the type that is returned.
    pub(super) fn default_collation(&mut self, node: &Node, value: &Typed, returning: &TypeRef) {
        let types = self.types;
        let own = match (&node.node, &value.collation) {
            (Some(NodeEnum::CollateClause(_)), Collation::Explicit { name, .. }) => Some(name.clone()),
            // Where a cast leaves it below a COLLATE.
            (Some(NodeEnum::CollateClause(_)), _) | (_, Collation::Explicit { .. }) => return,
            // What is not plain has its type's by then.
            _ if value.is_untyped() => return,
            _ => types.collation(&value.ty).flatten(),
        };
        let (Some(own), Some(wanted)) = (own, types.collation(returning).flatten()) else { return };
        if own != wanted && types.major >= 18 {
            let message = "collation of DEFAULT expression conflicts with RETURNING clause";
            self.report_at(value.location, "42P21", message);
        }
    }

    /// A definition's COLLATE, for a type.
    pub(super) fn collate_clause(&mut self, clause: Option<&CollateClause>, ty: &TypeRef) {
        let Some(clause) = clause else { return };
        if self.collation_name(&clause.collname, clause.location).is_some() {
            self.check_collatable(ty, clause.location);
        }
    }

    /// What a view or a table is made of must have collations.
    pub(super) fn outputs_are_collated(&mut self, outputs: &Outputs, names: &[Node], is_view: bool) {
        if outputs.unknown {
            return;
        }
        let given = strings(names);
        for (n, (column, expr)) in outputs.columns.iter().zip(&outputs.exprs).enumerate() {
            if column.collation != Collation::None || self.is_collatable(&column.ty) != Answer::Yes {
                continue;
            }
            let name = given.get(n).unwrap_or(&column.name);
            let message = match is_view {
                true => format!("could not determine which collation to use for view column \"{name}\""),
                false => {
                    let ty = self.types.print(&column.ty);
                    format!("no collation was derived for column \"{name}\" with collatable type {ty}")
                }
            };
            let hint = "Use the COLLATE clause to set the collation explicitly.";
            self.collation_error(expr.location, "42P22", message, Some(hint));
            return;
        }
    }

    /// A COLLATE clause may only stand behind a type that has collations.
    pub(super) fn check_collatable(&mut self, ty: &TypeRef, location: i32) {
        if self.is_collatable(ty) == Answer::No {
            let message = format!("collations are not supported by type {}", self.types.print(ty));
            self.report_at(location, "42804", message);
        }
    }

    pub(super) fn is_collatable(&self, ty: &TypeRef) -> Answer {
        match self.types.collation(ty) {
            Some(collation) => Answer::from(collation.is_some()),
            None => Answer::Unknown,
        }
    }
}
