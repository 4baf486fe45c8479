//! The declarations of a block, and what a declared type can hold.

use super::declared::name_of;
use super::variables::{Cursor, Origin, Shape};
use super::{Checker, Weight};
use crate::catalog::apply::type_name;
use crate::catalog::types::TypeRef;
use crate::catalog::{builtin, model as catalog};
use crate::syntax::ast::KeywordKind;
use crate::syntax::grammar;
use crate::syntax::plpgsql::ast::{DataType, Declaration, DeclarationKind, Name, TypeForm};

impl Checker<'_> {
    pub(super) fn declaration(&mut self, declaration: &Declaration) {
        let name = &declaration.name;
        let span = Some(name.span);
        match &declaration.kind {
            DeclarationKind::Variable { constant, data_type, default, .. } => {
                let shape = data_type.as_ref().map_or(Shape::Unknown, |ty| self.declared_shape(ty));
                let given = default.as_ref().map(|default| (default, self.expression(default)));
                self.shadows(name);
                let id = self.variables.declare(&name.text, span, shape.clone(), Origin::Declared);
                self.variables.change(id, |variable| variable.is_constant = constant.is_some());
                let Some((default, given)) = given else { return };
                let is_tainted = self.is_tainted(default.span);
                self.variables.change(id, |variable| {
                    variable.is_written = true;
                    variable.is_tainted = is_tainted;
                });
                match shape {
                    Shape::Of(ty) if !self.types.is_complex(&ty) => {
                        self.fits(&given.value(), &ty, default.span, "a variable");
                    }
                    Shape::Unassigned => {
                        self.variables.change(id, |variable| variable.shape = Shape::Unknown)
                    }
                    _ => {}
                }
            }
            DeclarationKind::Alias { of, .. } => {
                let Some(of) = of else { return };
                let id = match of.names.first().and_then(|name| name.text.strip_prefix('$')) {
                    Some(number) => number.parse().ok().and_then(|number| self.variables.numbered(number)),
                    None => None,
                };
                let names: Vec<_> = of.names.iter().map(|name| name.text.as_str().into()).collect();
                let id = id.or_else(|| self.variables.find(self.types, &names).map(|(id, _)| id));
                match id {
                    Some(id) => self.variables.alias(&name.text, id),
                    None => {
                        let id = self.variables.declare(&name.text, None, Shape::Unknown, Origin::Automatic);
                        self.variables.read(id);
                    }
                }
            }
            DeclarationKind::Cursor { arguments, query, .. } => {
                self.shadows(name);
                self.variables.enter(None);
                let mut ids = Vec::new();
                for argument in arguments {
                    let shape =
                        argument.data_type.as_ref().map_or(Shape::Unknown, |ty| self.declared_shape(ty));
                    let id = self.variables.declare(&argument.name.text, None, shape, Origin::Automatic);
                    ids.push(id);
                }
                // What records hold where the cursor is opened is not known here.
                let before = self.variables.all();
                for (id, variable) in before.iter().enumerate() {
                    if variable.is_record {
                        self.variables.change(id, |variable| variable.shape = Shape::Unknown);
                    }
                }
                let fields = query.as_ref().and_then(|query| self.query(query).fields);
                self.restore(&before);
                self.variables.leave();
                let shape = Shape::Of(self.ty("refcursor"));
                let id = self.variables.declare(&name.text, span, shape, Origin::Declared);
                let cursor = Cursor { arguments: ids, fields };
                self.variables.change(id, |variable| {
                    variable.is_written = true;
                    variable.cursor = Some(cursor);
                });
            }
        }
    }

    /// A declaration of a name that means something already.
    fn shadows(&mut self, name: &Name) {
        let is_reserved = |keyword: &&grammar::Keyword| {
            keyword.text == name.text
                && matches!(keyword.kind, KeywordKind::ReservedKeyword | KeywordKind::TypeFuncNameKeyword)
        };
        if grammar::keywords().iter().any(|keyword| is_reserved(&keyword)) {
            let message = format!("variable \"{}\" has the name of a reserved keyword", name.text);
            self.say(name.span, Weight::Warning, "reserved-name", message);
        }
        self.variables.enter(None);
        let outer = self.variables.shadowed_by(&name.text);
        self.variables.leave();
        let Some(id) = outer else { return };
        let variable = self.variables.get(id);
        let (code, message) = match variable.origin {
            Origin::Argument | Origin::Output => {
                ("shadowed-parameter", format!("variable \"{}\" hides a parameter of that name", name.text))
            }
            Origin::Declared => {
                ("shadowed-variable", format!("variable \"{}\" hides another one of that name", name.text))
            }
            Origin::Automatic => return,
        };
        self.say(name.span, Weight::Warning, code, message);
    }

    pub(super) fn declared_shape(&mut self, ty: &DataType) -> Shape {
        let written = self.written(ty.span);
        let (before, is_array) = match written.find('%') {
            Some(at) => (&written[..at], written[at..].contains('[')),
            None => (written, false),
        };
        let names = || -> Vec<catalog::Name> {
            let (tokens, _) = grammar::scan(before);
            let names = tokens.iter().filter(|token| token.is_name());
            names.map(|token| grammar::folded(&before[token.span.range()]).into()).collect()
        };
        let array = |shape: Shape| match shape {
            Shape::Of(ty) if is_array => Shape::Of(ty.array_of()),
            _ if is_array => Shape::Unknown,
            shape => shape,
        };
        match ty.form {
            TypeForm::Name => {
                let ty = name_of(written).and_then(|name| type_name::found(self.catalog, &name).ok());
                ty.map_or(Shape::Unknown, |ty| self.shape_of(&ty))
            }
            TypeForm::OfVariable => {
                let names = names();
                if let Some((id, parts)) = self.variables.find(self.types, &names) {
                    let shape = self.variables.get(id).shape;
                    return match &names[parts..] {
                        [] => array(shape),
                        [field] => {
                            let fields = self.variables.fields(self.types, &shape).unwrap_or_default();
                            let found = fields.into_iter().find(|(name, _)| name == field);
                            array(found.map_or(Shape::Unknown, |(_, ty)| Shape::Of(ty)))
                        }
                        _ => Shape::Unknown,
                    };
                }
                let (schema, table, column) = match &names[..] {
                    [table, column] => (None, table, column),
                    [schema, table, column] => (Some(&**schema), table, column),
                    _ => return Shape::Unknown,
                };
                let relation = self.catalog.relation(schema, table).cloned();
                let relation =
                    relation.or_else(|| builtin::facts().relation(self.types.major, schema, table));
                let ty =
                    relation.and_then(|relation| relation.column(column).map(|column| column.ty.clone()));
                array(ty.map_or(Shape::Unknown, |ty| self.shape_of(&ty)))
            }
            TypeForm::OfRow => {
                let names = names();
                let (schema, table) = match &names[..] {
                    [table] => (None, table),
                    [schema, table] => (Some(&**schema), table),
                    _ => return Shape::Unknown,
                };
                let relation = self.catalog.relation(schema, table).cloned();
                let relation =
                    relation.or_else(|| builtin::facts().relation(self.types.major, schema, table));
                let row =
                    relation.map(|relation| TypeRef::named(relation.schema.clone(), relation.name.clone()));
                array(row.map_or(Shape::Unknown, Shape::Of))
            }
        }
    }
}
