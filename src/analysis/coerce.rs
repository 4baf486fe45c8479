//! Making expressions fit where a type is wanted, with PostgreSQL's errors (parse_coerce.c).

use super::Diagnostic;
use super::constant;
use super::cte::Outputs;
use super::statement::Analyzer;
use super::typed::{Form, Typed};
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{self, Answer, Common, Context};
use crate::text::Span;

impl Analyzer<'_> {
    /// The token at a place of the tree.
    pub(super) fn token_span(&self, location: i32) -> Option<Span> {
        self.tokens.index(location).and_then(|index| self.tokens.get(index)).map(|token| token.span)
    }

    /// Reports at the token that stands at `location`; where the tree gives no place, not at all.
    pub(super) fn report_at(&mut self, location: i32, sqlstate: &'static str, message: impl Into<String>) {
        self.report_hinting(location, sqlstate, message, None);
    }

    pub(super) fn report_hinting(
        &mut self,
        location: i32,
        sqlstate: &'static str,
        message: impl Into<String>,
        hint: Option<&str>,
    ) {
        if let Some(span) = self.token_span(location) {
            let diagnostic = Diagnostic::new(span, sqlstate, message);
            self.report(diagnostic.hinting(hint.map(str::to_owned)));
        }
    }

    /// Takes an expression for one of that type, which it can become: a literal is read as a value of the type, and a
    /// parameter is given it.
    pub(super) fn fit(&mut self, expr: &Typed, target: &TypeRef) {
        if typing::is_polymorphic(target) || target.is_builtin("any") || target.is_builtin("unknown") {
            return;
        }
        match &expr.form {
            Form::Literal(Some(text)) if expr.is_untyped() => {
                let types = self.types;
                let base = types.base(target);
                if let Err(wrong) = constant::read(types, &base, text) {
                    self.report_at(expr.location, wrong.sqlstate, wrong.message);
                }
            }
            Form::Parameter(number) if expr.is_untyped() => self.give(*number, target),
            _ => self.note_cast(&expr.ty, target, expr.location),
        }
    }

    /// A parameter's type is what it is first used as.
    fn give(&mut self, number: i32, target: &TypeRef) {
        let Ok(at) = usize::try_from(number - 1) else { return };
        if at >= 65_535 {
            return;
        }
        let known = &mut self.out.parameters;
        if known.len() <= at {
            known.resize(at + 1, TypeRef::Unknown);
        }
        if known[at] == TypeRef::Unknown {
            known[at] = target.without_modifier();
        }
    }

    /// Whether an expression becomes one of that type in that context; if it does, it is taken for one.
    pub(super) fn becomes(&mut self, expr: &Typed, target: &TypeRef, context: Context) -> Answer {
        let answer = self.can_become(expr, target, context);
        if answer == Answer::Yes {
            match (&expr.form, self.types.row_relation(&self.types.base(target))) {
                (Form::Row(fields), Some(relation)) if relation.columns.len() == fields.len() => {
                    for (field, column) in fields.iter().zip(&relation.columns) {
                        self.becomes(field, &column.ty, context);
                    }
                }
                _ => self.fit(expr, target),
            }
        }
        answer
    }

    fn can_become(&mut self, expr: &Typed, target: &TypeRef, context: Context) -> Answer {
        let types = self.types;
        if expr.ty == TypeRef::Unknown || *target == TypeRef::Unknown {
            return Answer::Unknown;
        }
        // A row that is written out becomes a row type field by field.
        if let Form::Row(fields) = &expr.form
            && types.is_complex(target)
            && expr.ty.is_builtin("record")
        {
            let Some(relation) = types.row_relation(&types.base(target)) else { return Answer::Unknown };
            if relation.unknown_columns {
                return Answer::Unknown;
            }
            if relation.columns.len() != fields.len() {
                return Answer::No;
            }
            let mut answer = Answer::Yes;
            for (field, column) in fields.iter().zip(&relation.columns) {
                match self.can_become(field, &column.ty, context) {
                    Answer::Yes => {}
                    other => answer = other,
                }
            }
            return answer;
        }
        types.can_coerce_one(&expr.ty.without_modifier(), &target.without_modifier(), context)
    }

    /// WHERE, AND and the like (coerce_to_boolean).
    pub(super) fn be_boolean(&mut self, expr: &Typed, construct: &str) {
        self.be_of_type(expr, "bool", construct);
    }

    /// `coerce_to_specific_type`
    pub(super) fn be_of_type(&mut self, expr: &Typed, target: &str, construct: &str) {
        let target = TypeRef::builtin(target);
        if self.becomes(expr, &target, Context::Assignment) == Answer::No {
            let (wanted, is) = (self.types.print(&target), self.types.print(&expr.ty));
            let message = format!("argument of {construct} must be type {wanted}, not type {is}");
            self.report_at(expr.location, "42804", message);
        }
    }

    /// The type that expressions have in common, to which each is then fitted; `construct` is CASE, UNION, VALUES …
    pub(super) fn common(&mut self, exprs: &[Typed], construct: &str) -> TypeRef {
        let list: Vec<TypeRef> = exprs.iter().map(|expr| expr.ty.clone()).collect();
        match self.types.common(&list) {
            Common::Type(ty) => {
                for expr in exprs {
                    self.be_common(expr, &ty, construct);
                }
                self.types.with_common_modifier(ty, &list)
            }
            Common::Conflict { chosen, at } => {
                self.mismatch(construct, &chosen, &exprs[at]);
                TypeRef::Unknown
            }
            Common::Unknown => TypeRef::Unknown,
        }
    }

    pub(super) fn mismatch(&mut self, construct: &str, chosen: &TypeRef, other: &Typed) {
        let (chosen, is) = (self.types.print(chosen), self.types.print(&other.ty));
        let message = format!("{construct} types {chosen} and {is} cannot be matched");
        self.report_at(other.location, "42804", message);
    }

    /// `coerce_to_common_type`
    pub(super) fn be_common(&mut self, expr: &Typed, common: &TypeRef, construct: &str) {
        if self.becomes(expr, common, Context::Implicit) == Answer::No {
            let (is, wanted) = (self.types.print(&expr.ty), self.types.print(common));
            let message = format!("{construct} could not convert type {is} to {wanted}");
            self.report_at(expr.location, "42846", message);
        }
    }

    /// A value for a column (transformAssignedExpr).
    pub(super) fn assign(&mut self, expr: &Typed, column: &str, target: &TypeRef, location: i32) {
        if matches!(expr.form, Form::Default) {
            return;
        }
        if self.becomes(expr, target, Context::Assignment) == Answer::No {
            let (wanted, is) = (self.types.print(target), self.types.print(&expr.ty));
            if matches!(expr.form, Form::Row(_)) && self.types.is_complex(target) {
                let message = format!("cannot cast type record to {wanted}");
                return self.report_at(expr.location, "42846", message);
            }
            let message = format!("column \"{column}\" is of type {wanted} but expression is of type {is}");
            let hint = "You will need to rewrite or cast the expression.";
            let at = if expr.location >= 0 { expr.location } else { location };
            self.report_hinting(at, "42804", message, Some(hint));
        }
    }

    /// The type of an expression whose literals have not been given any: they are text (resolveTargetListUnknowns).
    pub(super) fn resolved(&mut self, expr: Typed) -> Typed {
        if !expr.is_untyped() {
            return expr;
        }
        let text = TypeRef::builtin("text");
        self.fit(&expr, &text);
        let collation = self.coerced(&expr, &text);
        Typed { ty: text, form: Form::Other, collation, ..expr }
    }

    /// The same for all that a query gives.
    pub(super) fn resolve(&mut self, outputs: &mut Outputs) {
        for (column, expr) in outputs.columns.iter_mut().zip(&mut outputs.exprs) {
            *expr = self.resolved(expr.clone());
            column.ty = expr.ty.clone();
            column.collation = self.collation_of(expr).of_output();
        }
    }
}
