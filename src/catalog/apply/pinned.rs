//! What of PostgreSQL's own cannot be dropped: what its bootstrap makes.

use super::super::builtin;
use super::super::entity::{EntityKind, Value};
use super::super::quote;
use super::super::types::TypeRef;
use super::super::typing::Types;
use super::{Fold, Result, find, split_name, strings, type_name};
use crate::syntax::ast::{Node, TypeName};

impl Fold<'_> {
    /// PostgreSQL's error for DROP of an object that it cannot do without; the catalog has no other that is meant.
    pub(super) fn is_not_pinned(&self, kind: EntityKind, object: &Node) -> Result {
        let wanted = self.wanted(kind, object);
        if !wanted.schema.is_none_or(find::is_system_schema) {
            return Ok(());
        }
        let side = |key: &str| match wanted.value(key) {
            Some(Value::Type(ty)) => Some(ty),
            _ => None,
        };
        let method = || wanted.value("method").map(ToString::to_string).unwrap_or_default();
        let name = quote::identifier(wanted.name);
        let facts = builtin::facts();
        let is_object = |of: Option<&str>| {
            facts.objects.named_in_any(wanted.name).iter().any(|object| {
                object.kind == kind.word()
                    && object.versions.contain(self.version())
                    && of.is_none_or(|of| object.of == of)
            })
        };
        let (is_pinned, title) = match kind {
            EntityKind::AccessMethod | EntityKind::TextSearchParser => {
                (is_object(None), format!("{} {name}", kind.word()))
            }
            EntityKind::Language => {
                (matches!(wanted.name, "internal" | "c" | "sql"), format!("language {name}"))
            }
            // The rest of them comes with scripts that run later.
            EntityKind::TextSearchConfiguration | EntityKind::TextSearchDictionary => {
                (wanted.name == "simple", format!("{} {name}", kind.word()))
            }
            EntityKind::TextSearchTemplate => {
                (is_object(None) && wanted.name != "snowball", format!("{} {name}", kind.word()))
            }
            EntityKind::Collation => {
                (matches!(wanted.name, "default" | "C" | "POSIX"), format!("collation {name}"))
            }
            EntityKind::OperatorClass => {
                let method = method();
                let is_it = facts
                    .classes
                    .named_in_any(wanted.name)
                    .iter()
                    .any(|class| class.method == method && class.versions.contain(self.version()));
                (is_it, format!("operator class {name} for access method {method}"))
            }
            EntityKind::OperatorFamily => {
                let method = method();
                (is_object(Some(&method)), format!("operator family {name} for access method {method}"))
            }
            EntityKind::Operator => {
                let (left, right) = (side("left"), side("right"));
                let is_it = facts.operators.named_in_any(wanted.name).iter().any(|operator| {
                    operator.left.as_ref() == left
                        && operator.right.as_ref() == right
                        && operator.versions.contain(self.version())
                });
                let text = |ty: Option<&TypeRef>| ty.map_or("NONE".to_owned(), ToString::to_string);
                (is_it, format!("operator {}({},{})", wanted.name, text(left), text(right)))
            }
            EntityKind::Cast => {
                let (Some(source), Some(target)) = (side("source"), side("target")) else { return Ok(()) };
                (self.is_builtin_cast(source, target), format!("cast from {source} to {target}"))
            }
            _ => return Ok(()),
        };
        if is_pinned { self.is_required(&title, wanted.name) } else { Ok(()) }
    }

    /// The same for a type, and for an array, which its element's type cannot do without.
    pub(super) fn is_droppable_type(&self, name: &TypeName) -> Result {
        let parts = strings(&name.names);
        let (schema, own) = split_name(&parts);
        // One's own comes first where the path says so.
        if self.catalog.user_type(schema, own).is_some() || self.catalog.relation(schema, own).is_some() {
            return Ok(());
        }
        let ty = type_name::resolve(&self.catalog, name).without_modifier();
        let TypeRef::Named { schema, name, array, .. } = &ty else { return Ok(()) };
        let types = Types::new(&self.catalog);
        let text = types.print(&ty);
        if **schema == *"pg_catalog" {
            let known = builtin::facts().types.named_in_any(name);
            let is_it = known.iter().any(|ty| ty.is_of_pg_catalog() && ty.versions.contain(self.version()));
            return if is_it { self.is_required(&format!("type {text}"), name) } else { Ok(()) };
        }
        if *array
            && types.element(&ty).is_some_and(|element| {
                types.user_type(&element).is_some() || types.row_relation(&element).is_some()
            })
        {
            let element = types.element(&ty).map(|element| types.print(&element)).unwrap_or_default();
            let message = format!("cannot drop type {text} because type {element} requires it");
            return self.fail("2BP01", message, self.token(name));
        }
        Ok(())
    }

    fn is_required(&self, title: &str, name: &str) -> Result {
        let message = format!("cannot drop {title} because it is required by the database system");
        self.fail("2BP01", message, self.token(name))
    }
}
