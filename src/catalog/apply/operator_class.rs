//! Operator classes and families.

use crate::syntax::ast::{
    AlterOpFamilyStmt, CreateOpClassItem, CreateOpClassStmt, CreateOpFamilyStmt, Node, NodeEnum,
    ObjectWithArgs, TypeName,
};

use super::super::builtin;
use super::super::entity::{Entity, EntityKind, Value};
use super::super::model::*;
use super::super::types::TypeRef;
use super::super::typing::builtin_name;
use super::exact::ExactFunction;
use super::operator::name_node;
use super::operator_class_rules::{Method, method};
use super::text_search::list_node;
use super::{Fold, Result, split_name, strings, type_name};

const OPERATOR: i32 = 1;
const FUNCTION: i32 = 2;
const STORAGE: i32 = 3;

/// An operator or a function that a family is to have, or to lose.
struct Member {
    /// `operator` or `function`
    word: &'static str,
    number: i32,
    /// What it is for; `None` where that is not known.
    types: Option<[TypeRef; 2]>,
    /// The operator or function itself.
    value: Option<Value>,
}

impl Member {
    /// Its name among a family's attributes: `operator 1 (integer, integer)`.
    fn attribute(&self) -> Option<String> {
        let [left, right] = self.types.as_ref()?;
        Some(format!("{} {} ({left}, {right})", self.word, self.number))
    }

    /// Both types as PostgreSQL's messages have them, where they are known.
    fn types_text(&self) -> Option<String> {
        let types = self.types.as_ref()?;
        (!types.contains(&TypeRef::Unknown)).then(|| format!("({},{})", types[0], types[1]))
    }
}

impl Fold<'_> {
    pub(super) fn create_operator_family(&mut self, s: &CreateOpFamilyStmt) -> Result {
        let parts = strings(&s.opfamilyname);
        let (schema, name) = split_name(&parts);
        let schema = self.target_schema(schema, self.token(schema.unwrap_or(name)))?;
        self.has_access_method(&s.amname)?;
        self.make_operator_family(schema, name, &s.amname)
    }

    fn make_operator_family(&mut self, schema: Name, name: &str, method: &str) -> Result {
        let family = self
            .new_entity(EntityKind::OperatorFamily, Some(schema.clone()), name)
            .with("method", Value::Text(method.into()));
        self.is_not_taken(&family)?;
        self.put_entity(family);
        Ok(())
    }

    /// PostgreSQL's error for a class or family where its schema has one of its name and access method.
    fn is_not_taken(&self, new: &Entity) -> Result {
        let taken = self.catalog.entities_named(new.kind, new.schema.as_deref(), &new.name);
        if taken.iter().any(|other| other.is_same(new)) {
            let method = new.text("method").map_or("", |method| method);
            let message =
                format!("{} \"{}\" for access method \"{method}\" already exists", new.kind.word(), new.name);
            return self.fail("42710", message, self.token(&new.name));
        }
        Ok(())
    }

    pub(super) fn create_operator_class(&mut self, s: &CreateOpClassStmt) -> Result {
        let parts = strings(&s.opclassname);
        let (schema, name) = split_name(&parts);
        let schema = self.target_schema(schema, self.token(schema.unwrap_or(name)))?;
        self.has_access_method(&s.amname)?;
        let Some(type_name) = &s.datatype else { return Ok(()) };
        let ty = self.type_ref(type_name)?.without_modifier();
        let mut class = self
            .new_entity(EntityKind::OperatorClass, Some(schema.clone()), name)
            .with("method", Value::Text(s.amname.as_str().into()))
            .with("type", Value::Type(ty.clone()));
        class.set("default", s.is_default.then_some(Value::Flag));
        // Without FAMILY the class gets one of its own name, which is made unless it is there.
        let family = if s.opfamilyname.is_empty() {
            QualifiedName { schema: schema.clone(), name: name.into() }
        } else {
            let parts = strings(&s.opfamilyname);
            self.find_family(&parts, &s.amname)?;
            match self.entity_value(EntityKind::OperatorFamily, &parts) {
                Value::Entity(_, family) => family,
                _ => return Ok(()),
            }
        };
        class.set("family", Some(Value::Entity(EntityKind::OperatorFamily, family.clone())));
        let members = self.members(&s.amname, &s.items, Some(&ty))?;
        let storage = self.storage_type(&s.items)?.filter(|storage| *storage != ty);
        if let Some(method) = method(&s.amname, self.version()).filter(|_| storage.is_some()) {
            self.stores_other_types(&s.amname, &method)?;
        }
        class.set("storage", storage.map(Value::Type));
        self.is_not_taken(&class)?;
        if s.is_default {
            self.can_be_default(&s.opclassname, type_name, &s.amname, &ty)?;
        }
        if s.opfamilyname.is_empty() && self.family(&family, &s.amname).is_none() {
            self.make_operator_family(schema, name, &s.amname)?;
        }
        self.put_entity(class);
        let Some(mut family) = self.family(&family, &s.amname) else { return Ok(()) };
        for member in members {
            let Some(attribute) = member.attribute() else { continue };
            if family.get(&attribute).is_some() {
                let index = match member.word {
                    "operator" => "pg_amop_fam_strat_index",
                    _ => "pg_amproc_fam_proc_index",
                };
                let message = format!("duplicate key value violates unique constraint \"{index}\"");
                return self.fail("23505", message, self.token(name));
            }
            family.set(&attribute, member.value);
        }
        self.put_entity(family);
        Ok(())
    }

    /// The type that STORAGE names.
    fn storage_type(&self, nodes: &[Node]) -> Result<Option<TypeRef>> {
        let mut storage = None;
        for ty in
            items(nodes).filter(|item| item.itemtype == STORAGE).filter_map(|item| item.storedtype.as_ref())
        {
            if storage.is_some() {
                let message = "storage type specified more than once";
                return self.fail("42P17", message.into(), self.token_behind(0, "storage"));
            }
            storage = Some(self.type_ref(ty)?.without_modifier());
        }
        Ok(storage)
    }

    /// PostgreSQL's error for a second class that is to be the default of a type.
    fn can_be_default(&self, name: &[Node], written: &TypeName, method: &str, ty: &TypeRef) -> Result {
        let own = self.catalog.entities().any(|class| {
            class.kind == EntityKind::OperatorClass
                && class.get("default").is_some()
                && class.text("method").is_some_and(|of| **of == *method)
                && class.get("type") == Some(&Value::Type(ty.clone()))
        });
        let is_builtin = || {
            builtin::facts().classes.all().iter().any(|class| {
                class.is_default
                    && class.method == method
                    && Some(class.ty) == builtin_name(ty)
                    && class.versions.contain(self.version())
            })
        };
        if *ty == TypeRef::Unknown || !(own || is_builtin()) {
            return Ok(());
        }
        let parts = strings(name);
        let array = if written.array_bounds.is_empty() { "" } else { "[]" };
        let message = format!(
            "could not make operator class \"{}\" be default for type {}{array}",
            parts.join("."),
            strings(&written.names).join(".")
        );
        self.fail("42710", message, self.token(parts.last().unwrap_or(&"")))
    }

    pub(super) fn alter_operator_family(&mut self, s: &AlterOpFamilyStmt) -> Result {
        self.has_access_method(&s.amname)?;
        let parts = strings(&s.opfamilyname);
        self.find_family(&parts, &s.amname)?;
        let Value::Entity(_, name) = self.entity_value(EntityKind::OperatorFamily, &parts) else {
            return Ok(());
        };
        let members = match s.is_drop {
            true => self.dropped_members(&s.amname, &s.items)?,
            false => self.members(&s.amname, &s.items, None)?,
        };
        let Some(mut family) = self.family(&name, &s.amname) else { return Ok(()) };
        let written = parts.join(".");
        for member in members {
            let (Some(attribute), Some(types)) = (member.attribute(), member.types_text()) else { continue };
            let is_there = family.get(&attribute).is_some();
            let Member { word, number, .. } = &member;
            let at = self.token(word);
            if s.is_drop && !is_there {
                let message =
                    format!("{word} {number}{types} does not exist in operator family \"{written}\"");
                return self.fail("42704", message, at);
            }
            if !s.is_drop && is_there {
                let message =
                    format!("{word} {number}{types} already exists in operator family \"{written}\"");
                return self.fail("42710", message, at);
            }
            family.set(&attribute, member.value);
        }
        self.put_entity(family);
        Ok(())
    }

    /// PostgreSQL's error for a family that is certainly not there.
    fn find_family(&self, parts: &[&str], method: &str) -> Result {
        let names: Vec<Node> = [method].iter().chain(parts).map(|part| name_node(part)).collect();
        self.find_entity(EntityKind::OperatorFamily, &list_node(&names), false).map(drop)
    }

    /// The operators and functions that a class of that type, or ALTER OPERATOR FAMILY, gives a family.
    fn members(&self, method_name: &str, nodes: &[Node], ty: Option<&TypeRef>) -> Result<Vec<Member>> {
        let method = method(method_name, self.version());
        let mut members = Vec::new();
        for item in items(nodes) {
            let member = match (item.itemtype, &item.name) {
                (OPERATOR, Some(operator)) => {
                    self.number_fits(
                        "operator",
                        item.number,
                        method.as_ref().map(|method| method.operators),
                    )?;
                    self.operator_member(method_name, method.as_ref(), item, operator, ty)?
                }
                (FUNCTION, Some(function)) => {
                    self.number_fits(
                        "function",
                        item.number,
                        method.as_ref().map(|method| method.functions),
                    )?;
                    self.function_member(method_name, method.as_ref(), item, function, ty)?
                }
                (STORAGE, _) if ty.is_none() => {
                    let message = "STORAGE cannot be specified in ALTER OPERATOR FAMILY";
                    return self.refuse("42601", message.into(), self.token("storage"));
                }
                _ => continue,
            };
            self.is_first(&members, &member)?;
            members.push(member);
        }
        Ok(members)
    }

    fn operator_member(
        &self,
        method_name: &str,
        method: Option<&Method>,
        item: &CreateOpClassItem,
        operator: &ObjectWithArgs,
        ty: Option<&TypeRef>,
    ) -> Result<Member> {
        let parts = strings(&operator.objname);
        let at = self.token(parts.last().unwrap_or(&""));
        let types = match (operator.objargs.as_slice(), ty) {
            ([], Some(ty)) => [Some(ty.clone()), Some(ty.clone())],
            ([], None) => {
                let message = "operator argument types must be specified in ALTER OPERATOR FAMILY";
                return self.refuse("42601", message.into(), at);
            }
            (sides, _) => {
                let side = |n: usize| match sides.get(n).and_then(|node| node.node.as_ref()) {
                    Some(NodeEnum::TypeName(name)) => {
                        self.named_type(name).map(|ty| Some(ty.without_modifier()))
                    }
                    _ => Ok(None),
                };
                [side(0)?, side(1)?]
            }
        };
        let result = match &types {
            [left, Some(right)] => self.exact_operator(&parts, left.as_ref(), right)?,
            [_, None] if self.version() >= 14 => {
                return self.fail("42601", "postfix operators are not supported".into(), at);
            }
            _ => None,
        };
        let is_for_order = !item.order_family.is_empty();
        if is_for_order {
            self.find_family(&strings(&item.order_family), "btree")?;
        }
        if types[0].is_none() && result.is_some() {
            return self.fail("42P17", "index operators must be binary".into(), at);
        }
        if is_for_order && method.is_some_and(|method| !method.orders_by_operators) {
            let message = format!("access method \"{method_name}\" does not support ordering operators");
            return self.fail("42P17", message, at);
        }
        if !is_for_order
            && let Some(result) = result.filter(|result| *result != TypeRef::Unknown)
            && !result.is_builtin("bool")
        {
            return self.fail("42P17", "index search operators must return boolean".into(), at);
        }
        let types = match types {
            [Some(left), Some(right)] => Some([left, right]),
            _ => None,
        };
        let value = Some(self.entity_value(EntityKind::Operator, &parts));
        Ok(Member { word: "operator", number: item.number, types, value })
    }

    fn function_member(
        &self,
        method_name: &str,
        method: Option<&Method>,
        item: &CreateOpClassItem,
        object: &ObjectWithArgs,
        ty: Option<&TypeRef>,
    ) -> Result<Member> {
        let function = match self.function_of(object)? {
            Some(function) => function,
            None => ExactFunction::unknown(self.types_of(&object.objargs)),
        };
        let mut types = self.class_types(&item.class_args)?;
        if let Some(method) = method {
            let at = self.token(strings(&object.objname).last().unwrap_or(&""));
            self.serves(method_name, method, item.number, &function, &mut types, ty, at)?;
        }
        let of_class = || ty.map(|ty| [ty.clone(), ty.clone()]);
        let types = match types.or_else(of_class) {
            None if method.is_some() => {
                let message = "associated data types must be specified for index support function";
                return self.fail("42P17", message.into(), self.token("function"));
            }
            types => types,
        };
        let value = Some(self.routine_value(&strings(&object.objname)));
        Ok(Member { word: "function", number: item.number, types, value })
    }

    /// The operators and functions that ALTER OPERATOR FAMILY … DROP names.
    fn dropped_members(&self, method_name: &str, nodes: &[Node]) -> Result<Vec<Member>> {
        let method = method(method_name, self.version());
        let mut members = Vec::new();
        for item in items(nodes) {
            let (word, most) = match item.itemtype {
                OPERATOR => ("operator", method.as_ref().map(|method| method.operators)),
                _ => ("function", method.as_ref().map(|method| method.functions)),
            };
            self.number_fits(word, item.number, most)?;
            let member =
                Member { word, number: item.number, types: self.class_types(&item.class_args)?, value: None };
            self.is_first(&members, &member)?;
            members.push(member);
        }
        Ok(members)
    }

    /// The types that a member is said to be for: one stands for both.
    fn class_types(&self, nodes: &[Node]) -> Result<Option<[TypeRef; 2]>> {
        match self.argument_types(nodes)?.as_slice() {
            [] => Ok(None),
            [only] => Ok(Some([only.clone(), only.clone()])),
            [left, right] => Ok(Some([left.clone(), right.clone()])),
            _ => {
                let message = "one or two argument types must be specified";
                self.refuse("42601", message.into(), self.token("function"))
            }
        }
    }

    /// PostgreSQL's error for a number that its access method has no use for.
    fn number_fits(&self, word: &str, number: i32, most: Option<i32>) -> Result {
        match most {
            Some(most) if !(1..=most).contains(&number) => {
                let message = format!("invalid {word} number {number}, must be between 1 and {most}");
                self.fail("42P17", message, self.token(&number.to_string()))
            }
            _ => Ok(()),
        }
    }

    /// PostgreSQL's error for a member that the statement names twice.
    fn is_first(&self, members: &[Member], member: &Member) -> Result {
        let is_it = |other: &Member| {
            other.word == member.word && other.number == member.number && other.types == member.types
        };
        match member.types_text() {
            Some(types) if members.iter().any(is_it) => {
                let Member { word, number, .. } = member;
                let message = format!("{word} number {number} for {types} appears more than once");
                self.fail("42P17", message, self.token(word))
            }
            _ => Ok(()),
        }
    }

    /// Operators and functions that came with a class go with it: those of its type.
    pub(super) fn drop_members_of(&mut self, class: &Entity) {
        let (Some(Value::Entity(_, family)), Some(method), Some(Value::Type(ty))) =
            (class.get("family"), class.text("method"), class.get("type"))
        else {
            return;
        };
        let Some(mut family) = self.family(family, method) else { return };
        let types = format!("({ty}, {ty})");
        family.attributes.retain(|name, _| !name.ends_with(&types));
        self.put_entity(family);
    }

    fn family(&self, family: &QualifiedName, method: &str) -> Option<Entity> {
        let named =
            self.catalog.entities_named(EntityKind::OperatorFamily, Some(&family.schema), &family.name);
        let found =
            named.into_iter().find(|entity| entity.text("method").is_some_and(|text| **text == *method))?;
        Some(Entity::clone(found))
    }

    fn types_of(&self, nodes: &[Node]) -> Vec<TypeRef> {
        let types = nodes.iter().filter_map(|node| match &node.node {
            Some(NodeEnum::TypeName(name)) => {
                Some(type_name::resolve(&self.catalog, name).without_modifier())
            }
            _ => None,
        });
        types.collect()
    }
}

fn items(nodes: &[Node]) -> impl Iterator<Item = &CreateOpClassItem> {
    nodes.iter().filter_map(|node| match &node.node {
        Some(NodeEnum::CreateOpClassItem(item)) => Some(item),
        _ => None,
    })
}
