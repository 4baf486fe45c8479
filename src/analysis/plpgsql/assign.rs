//! What is given values: assignments, INTO, the targets of loops and FETCH.

use super::expression::Given;
use super::variables::{Field, Id, Shape};
use super::{Checker, Weight};
use crate::catalog::model::{ArgumentMode, Name};
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{Source, is_polymorphic};
use crate::syntax::ast::{FuncCall, NodeEnum, Token};
use crate::syntax::grammar;
use crate::syntax::plpgsql::ast::{Sql, Target};
use crate::text::Span;

/// Where a value goes.
#[derive(Clone, Debug)]
pub enum Destination {
    /// A variable as a whole.
    Variable(Id),
    /// A field of a known type.
    Field(TypeRef),
    Unknown,
}

impl Checker<'_> {
    /// What a target is; it is given a value here.
    pub(super) fn destination(&mut self, target: &Target) -> Destination {
        let names: Vec<Name> = target.names.iter().map(|name| name.text.as_str().into()).collect();
        let Some((id, parts)) = self.variables.find(self.types, &names) else { return Destination::Unknown };
        self.variables.change(id, |variable| variable.is_written = true);
        let variable = self.variables.get(id);
        let [field] = &names[parts..] else {
            return if parts == names.len() { Destination::Variable(id) } else { Destination::Unknown };
        };
        let span = target.names[parts].span;
        if matches!(variable.shape, Shape::Unassigned) {
            let message = format!("record \"{}\" is not assigned yet", variable.name);
            self.fails(target.span, "55000", message);
            return Destination::Unknown;
        }
        let Some(fields) = self.variables.fields(self.types, &variable.shape) else {
            return Destination::Unknown;
        };
        match fields.iter().find(|(name, _)| name == field) {
            Some((_, ty)) => Destination::Field(ty.clone()),
            None => {
                let message = format!("record \"{}\" has no field \"{field}\"", variable.name);
                self.fails(span, "42703", message);
                Destination::Unknown
            }
        }
    }

    /// The type of what a destination holds, unless it is a record.
    pub(super) fn type_of(&self, destination: &Destination) -> TypeRef {
        match destination {
            Destination::Variable(id) => match self.variables.get(*id).shape {
                Shape::Of(ty) if !is_polymorphic(&ty) => ty,
                _ => TypeRef::Unknown,
            },
            Destination::Field(ty) => ty.clone(),
            Destination::Unknown => TypeRef::Unknown,
        }
    }

    /// `x := …`
    pub(super) fn assignment(&mut self, target: &Target, sql: &Sql) {
        let Some((operator, has_subscripts)) = self.assignment_operator(target, sql) else {
            self.read_names(self.written(sql.span));
            self.destination(target);
            return;
        };
        let destination = self.destination(target);
        let value = Span::new(operator.end, sql.span.end);
        let wanted = match has_subscripts {
            false => self.type_of(&destination),
            true => {
                let subscripts = Span::new(target.span.end, operator.start);
                self.read_names(self.written(subscripts));
                self.element(&destination, target)
            }
        };
        let given = self.value(value, Some(&wanted));
        let is_tainted = self.is_tainted(value);
        if has_subscripts {
            if let (Destination::Variable(id), true) = (&destination, is_tainted) {
                self.variables.change(*id, |variable| variable.is_tainted = true);
            }
            return;
        }
        if let Some(fields) = &given.fields
            && fields.len() > 1
        {
            let message = format!("assignment source returned {} columns", fields.len());
            self.fails(self.first_token_of(value), "42601", message);
            return;
        }
        let only = given.value();
        if let Destination::Variable(id) = destination {
            self.variables.change(id, |variable| variable.is_tainted = is_tainted);
            if self.variables.get(id).is_record {
                let shape = self.row_of(&only, value);
                self.variables.change(id, |variable| variable.shape = shape);
                return;
            }
        }
        if !only.is_untyped() {
            self.fits_row(&only, &wanted, target.span);
        }
    }

    /// A value for a variable whose type may be a row's.
    fn fits_row(&mut self, value: &super::super::typed::Typed, wanted: &TypeRef, span: Span) {
        use super::super::typed::Form;
        if let (Form::Row(items), true) = (&value.form, self.types.is_complex(wanted)) {
            let fields = super::variables::fields_of(self.types, wanted);
            if let Some(fields) = fields {
                self.arity(items.len(), fields.len(), span);
            }
            return;
        }
        if self.types.is_complex(&value.ty) && self.types.is_complex(wanted) {
            let fields = |ty| super::variables::fields_of(self.types, ty);
            if let (Some(own), Some(fields)) = (fields(&value.ty), fields(wanted)) {
                self.arity(own.len(), fields.len(), span);
            }
            return;
        }
        self.fits(value, wanted, span, "a variable");
    }

    /// What a record holds to which a value is assigned.
    fn row_of(&self, value: &super::super::typed::Typed, span: Span) -> Shape {
        if self.types.is_complex(&value.ty) && !value.ty.is_builtin("record") {
            return Shape::Of(value.ty.clone());
        }
        // `r := s` of another record.
        let name = grammar::folded(self.written(span).trim());
        if let Some((id, 1)) = self.variables.find(self.types, &[name.as_str().into()]) {
            return self.variables.get(id).shape;
        }
        Shape::Unknown
    }

    /// The element of a variable with subscripts.
    fn element(&mut self, destination: &Destination, target: &Target) -> TypeRef {
        let ty = self.types.base(&self.type_of(destination)).without_modifier();
        if ty == TypeRef::Unknown {
            return ty;
        }
        if let Some(element) = self.types.element(&ty) {
            return element;
        }
        let class = self.types.class(&ty);
        use crate::catalog::typing::Class;
        let is_own = crate::catalog::typing::builtin_name(&ty).is_none();
        let is_subscriptable =
            ty.is_builtin("jsonb") || is_own && class == Class::Base || class == Class::Opaque;
        if !is_subscriptable && self.types.major >= 14 {
            let message = format!(
                "cannot subscript type {} because it does not support subscripting",
                self.types.print(&ty)
            );
            self.fails(target.span, "42804", message);
        }
        TypeRef::Unknown
    }

    /// Where the operator of an assignment stands, and whether subscripts stand before it.
    fn assignment_operator(&self, target: &Target, sql: &Sql) -> Option<(Span, bool)> {
        let rest = Span::new(target.span.end, sql.span.end);
        let (tokens, _) = grammar::scan(self.written(rest));
        let mut depth = 0usize;
        let mut is_first = true;
        let mut has_subscripts = false;
        for token in tokens.iter().filter(|token| !token.is_comment()) {
            if token.is_char(b'[') || token.is_char(b'(') {
                has_subscripts |= is_first;
                depth += 1;
            } else if token.is_char(b']') || token.is_char(b')') {
                depth = depth.saturating_sub(1);
            } else if depth == 0 && (token.kind == Token::ColonEquals || token.is_char(b'=')) {
                return Some((token.span.shift(rest.start), has_subscripts));
            } else if depth == 0 && is_first {
                return None;
            }
            is_first = false;
        }
        None
    }

    pub(super) fn first_token_of(&self, span: Span) -> Span {
        super::format::first_token(self.written(span)).map_or(span, |token| token.shift(span.start))
    }

    /// `INTO …`, and what is like it. `span` is where it is told that there are too many or too few columns.
    pub(super) fn into(&mut self, targets: &[Target], given: &Given, span: Span) {
        let destinations: Vec<Destination> = targets.iter().map(|target| self.destination(target)).collect();
        let fields: Option<Vec<Field>> = given.fields.clone();
        for destination in &destinations {
            if let Destination::Variable(id) = destination {
                self.variables.change(*id, |variable| variable.is_tainted = true);
            }
        }
        if let [Destination::Variable(id)] = &destinations[..] {
            let variable = self.variables.get(*id);
            if variable.is_record {
                let shape = self.shape_given(given);
                self.variables.change(*id, |variable| variable.shape = shape);
                return;
            }
            if let Shape::Of(ty) = &variable.shape
                && self.types.is_complex(ty)
            {
                let (Some(fields), Some(wanted)) = (fields, super::variables::fields_of(self.types, ty))
                else {
                    return;
                };
                // A row as a whole is one column.
                if fields.len() == 1
                    && (self.types.is_complex(&fields[0].1) || fields[0].1 == TypeRef::Unknown)
                {
                    return;
                }
                self.arity(fields.len(), wanted.len(), span);
                return;
            }
        }
        let Some(fields) = fields else { return };
        if fields.iter().any(|(_, ty)| self.types.is_complex(ty)) {
            return;
        }
        self.arity(fields.len(), targets.len(), span);
        for (n, destination) in destinations.iter().enumerate() {
            let Some(expr) = given.exprs.get(n) else { break };
            let wanted = self.type_of(destination);
            self.fits(expr, &wanted, targets[n].span, "a variable");
        }
    }

    /// What CALL gives values to: the arguments in the place of OUT and INOUT parameters must be variables.
    pub(super) fn written_arguments(&mut self, code: &str, call: &FuncCall, span: Span) {
        let names = super::super::statement::strings(&call.funcname);
        let (schema, name) = match &names[..] {
            [name] => (None, name),
            [schema, name] => (Some(&**schema), name),
            _ => return,
        };
        let Some(parse) = self.parsed(code) else { return };
        let mut analyzer = self.analyzer(&parse);
        let mut arguments = analyzer.arguments(&call.args, call.func_variadic);
        drop(analyzer);
        arguments.call.is_call = true;
        let Ok(function) = self.types.function(schema, name, &arguments.call) else { return };
        let Source::Routine(routine) = &function.source else { return };
        if !arguments.call.names.is_empty() {
            self.read_names(code);
            return;
        }
        for (argument, node) in routine.arguments.iter().zip(&call.args) {
            if !matches!(argument.mode, ArgumentMode::Out | ArgumentMode::InOut) {
                continue;
            }
            let names = match &node.node {
                Some(NodeEnum::ColumnRef(column)) => super::super::statement::strings(&column.fields),
                _ => Vec::new(),
            };
            match self.variables.find(self.types, &names) {
                Some((id, _)) => self.variables.change(id, |variable| variable.is_written = true),
                None if matches!(node.node, Some(NodeEnum::ParamRef(_))) => {}
                None => {
                    let name = argument.name.clone().unwrap_or_default();
                    let message = format!(
                        "procedure parameter \"{name}\" is an output parameter but corresponding argument is not writable"
                    );
                    self.fails(self.token_at(span.start + call.location.max(0) as usize), "42601", message);
                }
            }
        }
    }

    fn arity(&mut self, columns: usize, wanted: usize, span: Span) {
        if columns == wanted {
            return;
        }
        let message = match columns < wanted {
            true => format!("{columns} columns for {wanted} variables or fields: the last ones become NULL"),
            false => format!("{columns} columns for {wanted} variables or fields: the last ones are lost"),
        };
        self.say(span, Weight::Warning, "into-arity", message);
    }
}
