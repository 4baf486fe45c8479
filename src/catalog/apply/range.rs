//! Range types.

use crate::syntax::ast::{CreateRangeStmt, DefElem, NodeEnum, TypeName};
use crate::text::clip;

use super::super::entity::{Entity, EntityKind, Value};
use super::super::model::*;
use super::super::types::TypeRef;
use super::super::typing::{Answer, Class, NamedClass, Types};
use super::exact::signature;
use super::{Fold, Result, names, option, split_name};

impl Fold<'_> {
    pub(super) fn create_range(&mut self, s: &CreateRangeStmt) -> Result {
        let name = self.new_type(&super::strings(&s.type_name))?;
        let is_shell = self.catalog.user_type(Some(&name.schema), &name.name).is_some();
        let is_new = !self.catalog.is_older_than(14);
        let mut given = Vec::new();
        let mut subtype = None;
        let mut multirange = None;
        for element in option::elements(&s.params) {
            let attribute = element.defname.as_str();
            let is_known = match attribute {
                "multirange_type_name" => is_new,
                _ => matches!(
                    attribute,
                    "subtype" | "subtype_opclass" | "collation" | "canonical" | "subtype_diff"
                ),
            };
            if !is_known {
                return self.refuse("42601", format!("type attribute \"{attribute}\" not recognized"), None);
            }
            self.is_given_once(&mut given, element)?;
            if attribute == "subtype" {
                self.is_type_name(element)?;
                subtype =
                    Some(type_value(element).map_or(Ok(TypeRef::Unknown), |value| self.type_ref(value))?);
                continue;
            }
            self.is_qualified_name(element)?;
            if attribute == "multirange_type_name" {
                multirange = Some(self.multirange_name(&option::name_parts(element))?);
            }
        }
        let Some(subtype) = subtype else {
            return self.refuse(
                "42601",
                "type attribute \"subtype\" is required".into(),
                self.token(&name.name),
            );
        };
        let types = Types::new(&self.catalog);
        if types.class(&subtype) == Class::Pseudo {
            return self.fail("42804", format!("range subtype cannot be {subtype}"), self.token("subtype"));
        }
        let parts_of = |name: &str| option::option(&s.params, name).map(option::name_parts);
        let class = parts_of("subtype_opclass");
        self.can_order_range(class.as_deref(), &subtype)?;
        let collation = parts_of("collation");
        self.can_collate_range(collation.as_deref(), &subtype)?;
        let canonical = parts_of("canonical");
        if let Some(parts) = &canonical {
            self.can_be_canonical(parts, &name, is_shell)?;
        }
        let difference = parts_of("subtype_diff");
        if let Some(parts) = &difference {
            let subtype = subtype.without_modifier();
            self.is_subtype_difference(parts, &[subtype.clone(), subtype])?;
        }
        // The type of several ranges is made along with it (makeMultirangeTypeName).
        let multirange = multirange.unwrap_or_else(|| QualifiedName {
            schema: name.schema.clone(),
            name: match name.name.find("range") {
                Some(at) => {
                    let whole = format!("{}multi{}", &name.name[..at], &name.name[at..]);
                    clip(&whole, names::MAX_LENGTH).into()
                }
                None => format!("{}_multirange", clip(&name.name, names::MAX_LENGTH - 11)).into(),
            },
        });
        let is_taken = self.catalog.user_type(Some(&multirange.schema), &multirange.name).is_some()
            || self.catalog.relation(Some(&multirange.schema), &multirange.name).is_some();
        if is_new && is_taken {
            let message = format!("type \"{}\" already exists", multirange.name);
            return self.fail("42710", message, self.token(&name.name));
        }
        let last = |parts: &[&str]| parts.last().map(|name| Name::from(*name));
        let is_default = |class: &Name| !super::super::builtin::facts().is_default_class("btree", class);
        let kind = TypeKind::Range {
            subtype: subtype.clone(),
            multirange: is_new.then(|| multirange.clone()),
            opclass: class.as_deref().and_then(last).filter(is_default),
            collation: collation.as_deref().and_then(last).filter(|name| &**name != "default"),
            canonical: canonical.map(|parts| self.routine_name(&parts)),
            difference: difference.map(|parts| self.routine_name(&parts)),
        };
        self.put_type(name.clone(), kind)?;
        if is_new {
            self.put_type(multirange.clone(), TypeKind::Multirange { range: name.clone() })?;
            self.put_entity(multirange_cast(&name, &multirange));
        }
        self.range_constructors(&name, &multirange, &subtype)
    }

    fn multirange_name(&self, parts: &[&str]) -> Result<QualifiedName> {
        let (schema, own) = split_name(parts);
        if schema == Some("pg_catalog") && super::super::builtin::facts().ty(own).is_some() {
            return self.fail("42710", format!("type \"{own}\" already exists"), self.token(own));
        }
        let schema = self.target_schema(schema, self.token(own))?;
        Ok(QualifiedName { schema, name: own.into() })
    }

    /// A range needs an order of its subtype (`findRangeSubOpclass`).
    fn can_order_range(&self, class: Option<&[&str]>, subtype: &TypeRef) -> Result {
        let types = Types::new(&self.catalog);
        let Some(parts) = class else {
            if types.has_default_class(subtype, "btree") != Answer::No {
                return Ok(());
            }
            let message =
                format!("data type {subtype} has no default operator class for access method \"btree\"");
            return self.fail("42704", message, self.token("subtype"));
        };
        let (schema, own) = split_name(parts);
        if let Some(schema) = schema {
            self.has_schema(schema)?;
        }
        match types.named_class(schema, own, "btree", subtype) {
            NamedClass::Missing => {
                let message = format!(
                    "operator class \"{}\" does not exist for access method \"btree\"",
                    parts.join(".")
                );
                self.fail("42704", message, self.token(own))
            }
            NamedClass::Refuses => {
                let message =
                    format!("operator class \"{}\" does not accept data type {subtype}", parts.join("."));
                self.fail("42804", message, self.token(own))
            }
            NamedClass::Fits | NamedClass::Unknown => Ok(()),
        }
    }

    fn can_collate_range(&self, collation: Option<&[&str]>, subtype: &TypeRef) -> Result {
        let Some(parts) = collation else { return Ok(()) };
        if Types::new(&self.catalog).collation(subtype) == Some(None) {
            let message = "range collation specified but subtype does not support collation";
            return self.fail("42809", message.into(), None);
        }
        let (schema, own) = split_name(parts);
        self.is_collation(schema, own)
    }

    /// The function that brings ranges into one form, which takes the type before it is made.
    fn can_be_canonical(&self, parts: &[&str], range: &QualifiedName, is_shell: bool) -> Result {
        let at = self.token("canonical");
        if !is_shell {
            let message = "cannot specify a canonical function without a pre-created shell type";
            return self.fail("42P17", message.into(), at);
        }
        let ty = TypeRef::named(range.schema.clone(), range.name.clone());
        let taken = [ty.clone()];
        let Some(found) = self.exact_function(parts, &taken)? else { return Ok(()) };
        let text = signature(parts, &taken);
        if found.result != TypeRef::Unknown && found.result != ty {
            return self.fail("42P17", format!("range canonical function {text} must return range type"), at);
        }
        if found.volatility != Volatility::Immutable {
            return self.fail("42P17", format!("range canonical function {text} must be immutable"), at);
        }
        Ok(())
    }

    fn is_subtype_difference(&self, parts: &[&str], taken: &[TypeRef]) -> Result {
        let Some(found) = self.exact_function(parts, taken)? else { return Ok(()) };
        let at = self.token("subtype_diff");
        let text = signature(parts, taken);
        if !found.returns("float8") {
            let message = format!("range subtype diff function {text} must return type double precision");
            return self.fail("42P17", message, at);
        }
        if found.volatility != Volatility::Immutable {
            return self.fail("42P17", format!("range subtype diff function {text} must be immutable"), at);
        }
        Ok(())
    }

    /// The functions that PostgreSQL makes with a range type, to construct its values.
    fn range_constructors(
        &mut self,
        range: &QualifiedName,
        multirange: &QualifiedName,
        subtype: &TypeRef,
    ) -> Result {
        let of = |name: &QualifiedName| TypeRef::named(name.schema.clone(), name.name.clone());
        let text = TypeRef::builtin("text");
        let bounds = vec![subtype.clone(), subtype.clone()];
        let all = [
            (range, bounds.clone(), false),
            (range, [bounds, vec![text]].concat(), false),
            (multirange, vec![], false),
            (multirange, vec![of(range)], false),
            (multirange, vec![of(range).array_of()], true),
        ];
        for (made, inputs, variadic) in all {
            if made == multirange && self.catalog.is_older_than(14) {
                continue;
            }
            let mode = if variadic { ArgumentMode::Variadic } else { ArgumentMode::In };
            let argument = |ty| Argument { name: None, mode, ty, default: None };
            let mut routine = Routine {
                arguments: inputs.into_iter().map(argument).collect(),
                result: Some(of(made)),
                language: "internal".into(),
                volatility: Volatility::Immutable,
                strict: made == multirange,
                parallel: Parallel::Safe,
                ..Routine::new(made.clone(), RoutineKind::Function)
            };
            super::routine::print(&mut routine, &self.catalog);
            self.put_routine(routine, true)?;
        }
        Ok(())
    }
}

/// The cast from a range to its multirange, which is made along with them.
pub(super) fn multirange_cast(range: &QualifiedName, multirange: &QualifiedName) -> Entity {
    let ty = |name: &QualifiedName| Value::Type(TypeRef::named(name.schema.clone(), name.name.clone()));
    Entity::new(EntityKind::Cast, None, "")
        .with("source", ty(range))
        .with("target", ty(multirange))
        .with("function", Value::Routine(multirange.clone()))
        .with("context", Value::Text("explicit".into()))
}

/// A value that is written as a type.
fn type_value(element: &DefElem) -> Option<&TypeName> {
    match element.arg.as_ref()?.node.as_ref()? {
        NodeEnum::TypeName(name) => Some(name),
        _ => None,
    }
}
