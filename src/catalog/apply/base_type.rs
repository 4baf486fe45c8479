//! Base types, which functions in C read, write and hold (`DefineType`, `AlterType`).

use crate::syntax::ast::{AlterTypeStmt, DefElem, Node, NodeEnum};

use super::super::model::*;
use super::super::types::TypeRef;
use super::super::typing::{Class, Types};
use super::{Fold, Result, Stop, find, offset, option, split_name, strings};

/// How values of a type are kept, as far as its definition tells.
struct Layout {
    /// -1 where it varies.
    length: i64,
    is_by_value: bool,
    /// `pg_type.typalign`
    alignment: char,
    is_plain: bool,
}

impl Fold<'_> {
    /// PostgreSQL's errors for a base type, which a shell comes before.
    pub(super) fn can_be_base_type(&self, options: &[Node], name: &QualifiedName, is_shell: bool) -> Result {
        let at = self.token(&name.name);
        if !is_shell {
            // A function that could not be read may have made the shell.
            if !find::sure_of(&self.catalog, Some(&name.schema), &name.name) {
                return Err(Stop::Unsure);
            }
            return self.fail("42710", format!("type \"{}\" does not exist", name.name), at);
        }
        let mut given = Vec::new();
        // Of what an option is called the case counts; others are passed over.
        let is_known =
            |element: &&DefElem| self.is_type_attribute(&element.defname) || element.defname == "like";
        for element in option::elements(options).filter(is_known) {
            self.is_given_once(&mut given, element)?;
        }
        let layout = self.layout(options)?;
        let has = |wanted: &str| given.contains(&wanted);
        for wanted in ["input", "output"] {
            if !has(wanted) {
                return self.fail("42P17", format!("type {wanted} function must be specified"), at);
            }
        }
        if has("typmod_out") && !has("typmod_in") {
            let message = "type modifier output function is useless without a type modifier input function";
            return self.fail("42P17", message.into(), at);
        }
        let ty = TypeRef::named(name.schema.clone(), name.name.clone());
        const FUNCTIONS: [&str; 9] = [
            "input",
            "output",
            "receive",
            "send",
            "typmod_in",
            "typmod_out",
            "analyze",
            "analyse",
            "subscript",
        ];
        let functions = FUNCTIONS.iter().filter(|name| self.is_type_attribute(name));
        for element in functions.filter_map(|wanted| option_exactly(options, wanted)) {
            self.is_function_of_type(element, &ty)?;
        }
        match layout {
            Some(layout) => self.can_be_laid_out(&layout, at),
            None => Ok(()),
        }
    }

    /// Whether types have an attribute of that name.
    fn is_type_attribute(&self, name: &str) -> bool {
        match name {
            "subscript" => self.version() >= 14,
            "internallength" | "input" | "output" | "receive" | "send" | "typmod_in" | "typmod_out"
            | "analyze" | "analyse" | "category" | "preferred" | "delimiter" | "element" | "default"
            | "passedbyvalue" | "alignment" | "storage" | "collatable" => true,
            _ => false,
        }
    }

    /// What the options say of values; `None` where they are like another type's.
    fn layout(&self, options: &[Node]) -> Result<Option<Layout>> {
        let mut layout = Layout { length: -1, is_by_value: false, alignment: 'i', is_plain: true };
        for element in option::elements(options) {
            match element.defname.as_str() {
                "internallength" => layout.length = self.type_length(element)?,
                "input" | "output" | "receive" | "send" | "typmod_in" | "typmod_out" | "analyze"
                | "analyse" | "subscript" => self.is_qualified_name(element)?,
                "category" | "delimiter" | "default" => drop(self.text_of(element)?),
                "preferred" | "collatable" => drop(self.truth_of(element)?),
                "passedbyvalue" => layout.is_by_value = self.truth_of(element)?,
                "alignment" => {
                    let text = self.text_of(element)?;
                    layout.alignment = match text.to_ascii_lowercase().as_str() {
                        "double" | "float8" | "pg_catalog.float8" => 'd',
                        "int4" | "pg_catalog.int4" => 'i',
                        "int2" | "pg_catalog.int2" => 's',
                        "char" | "pg_catalog.bpchar" => 'c',
                        _ => {
                            let message = format!("alignment \"{text}\" not recognized");
                            return self.fail("22023", message, offset(element.location));
                        }
                    };
                }
                "storage" => layout.is_plain = self.is_plain_storage(element)?,
                "element" | "like" => {
                    self.is_type_name(element)?;
                    let Some(NodeEnum::TypeName(ty)) = element.arg.as_ref().and_then(|arg| arg.node.as_ref())
                    else {
                        continue;
                    };
                    let of = self.type_ref(ty)?;
                    if element.defname == "element" && Types::new(&self.catalog).class(&of) == Class::Pseudo {
                        let message = format!("array element type cannot be {of}");
                        return self.fail("42804", message, offset(element.location));
                    }
                }
                _ => {}
            }
        }
        Ok(option_exactly(options, "like").is_none().then_some(layout))
    }

    /// `defGetTypeLength`
    fn type_length(&self, element: &DefElem) -> Result<i64> {
        let text = self.text_of(element)?;
        if text.eq_ignore_ascii_case("variable") {
            return Ok(-1);
        }
        match element.arg.as_ref().and_then(|arg| arg.node.as_ref()) {
            Some(NodeEnum::Integer(value)) => Ok(i64::from(value.ival)),
            _ => {
                let message = format!("invalid argument for {}: \"{text}\"", element.defname);
                self.refuse("42601", message, offset(element.location))
            }
        }
    }

    fn is_plain_storage(&self, element: &DefElem) -> Result<bool> {
        let text = self.text_of(element)?;
        match text.to_ascii_lowercase().as_str() {
            "plain" => Ok(true),
            "external" | "extended" | "main" => Ok(false),
            _ => self.fail("22023", format!("storage \"{text}\" not recognized"), offset(element.location)),
        }
    }

    /// What fits together of length, alignment and storage (`TypeCreate`).
    fn can_be_laid_out(&self, layout: &Layout, at: Option<usize>) -> Result {
        let Layout { length, alignment, .. } = *layout;
        let wrong = |message: String| self.fail("42P17", message, at);
        if length <= 0 && !matches!(length, -1 | -2) {
            return wrong(format!("invalid type internal size {length}"));
        }
        if layout.is_by_value {
            let wanted = match length {
                1 => 'c',
                2 => 's',
                4 => 'i',
                8 => 'd',
                _ => return wrong(format!("internal size {length} is invalid for passed-by-value type")),
            };
            if alignment != wanted {
                let message =
                    format!("alignment \"{alignment}\" is invalid for passed-by-value type of size {length}");
                return wrong(message);
            }
        } else if length == -1 && !matches!(alignment, 'i' | 'd') || length == -2 && alignment != 'c' {
            return wrong(format!("alignment \"{alignment}\" is invalid for variable-length type"));
        }
        if !layout.is_plain && length != -1 {
            return wrong("fixed-size types must have storage PLAIN".into());
        }
        Ok(())
    }

    /// What a function must take and give that does something for a type.
    fn is_function_of_type(&self, element: &DefElem, ty: &TypeRef) -> Result {
        let of = TypeRef::builtin;
        let long = |first: &str| vec![of(first), of("oid"), of("int4")];
        // What it takes, what it may take instead, what it gives, and how it is called.
        let (takes, or, gives, what) = match element.defname.as_str() {
            "input" => (vec![of("cstring")], Some(long("cstring")), ty.clone(), "type input function"),
            "output" => (vec![ty.clone()], None, of("cstring"), "type output function"),
            "receive" => (vec![of("internal")], Some(long("internal")), ty.clone(), "type receive function"),
            "send" => (vec![ty.clone()], None, of("bytea"), "type send function"),
            "typmod_in" => (vec![of("cstring").array_of()], None, of("int4"), "typmod_in function"),
            "typmod_out" => (vec![of("int4")], None, of("cstring"), "typmod_out function"),
            "analyze" | "analyse" => (vec![of("internal")], None, of("bool"), "type analyze function"),
            "subscript" => (vec![of("internal")], None, of("internal"), "type subscripting function"),
            _ => return Ok(()),
        };
        let parts = option::name_parts(element);
        let at = self.token(parts.last().unwrap_or(&""));
        let short = self.exact_function(&parts, &takes);
        let found = match (short, or) {
            (Err(missing), Some(or)) => match self.exact_function(&parts, &or) {
                Err(_) => return Err(missing),
                found => found?,
            },
            (found, _) => found?,
        };
        match found {
            Some(found) if found.result != TypeRef::Unknown && found.result != gives => {
                let gives = Types::new(&self.catalog).print(&gives);
                self.fail("42P17", format!("{what} {} must return type {gives}", parts.join(".")), at)
            }
            _ => Ok(()),
        }
    }

    /// ALTER TYPE … SET (…), which says what a base type is like inside.
    pub(super) fn alter_base_type(&mut self, s: &AlterTypeStmt) -> Result {
        let parts = strings(&s.type_name);
        let (schema, name) = split_name(&parts);
        let Some(ty) = self.catalog.user_type(schema, name) else { return self.missing_type(&parts) };
        if ty.kind == TypeKind::Shell {
            let message = format!("type \"{}\" is only a shell", parts.join("."));
            return self.fail("42704", message, self.token(name));
        }
        let own = TypeRef::named(ty.schema.clone(), ty.name.clone());
        for element in option::elements(&s.options) {
            let attribute = element.defname.as_str();
            let at = offset(element.location);
            match attribute {
                "storage" => {
                    let is_plain = self.is_plain_storage(element)?;
                    let is_extended = match ty.kind {
                        TypeKind::Composite | TypeKind::Range { .. } | TypeKind::Multirange { .. } => true,
                        TypeKind::Enum { .. } => false,
                        _ => continue,
                    };
                    if is_plain && is_extended {
                        return self.fail("42P17", "cannot change type's storage to PLAIN".into(), at);
                    }
                    if !is_plain && !is_extended {
                        return self.fail("42P17", "fixed-size types must have storage PLAIN".into(), at);
                    }
                }
                "receive" | "send" | "typmod_in" | "typmod_out" | "analyze" | "analyse" | "subscript"
                    if self.is_type_attribute(attribute) =>
                {
                    // NONE takes away what there was.
                    if element.arg.is_some() && option::name_parts(element) != ["none"] {
                        self.is_qualified_name(element)?;
                        self.is_function_of_type(element, &own)?;
                    }
                }
                _ if self.is_type_attribute(attribute) || attribute == "like" => {
                    let message = format!("type attribute \"{attribute}\" cannot be changed");
                    return self.refuse("42601", message, at);
                }
                _ => {
                    let message = format!("type attribute \"{attribute}\" not recognized");
                    return self.refuse("42601", message, at);
                }
            }
        }
        if ty.kind != TypeKind::Base {
            let message = format!("{} is not a base type", Types::new(&self.catalog).print(&own));
            return self.fail("42809", message, self.token(name));
        }
        Ok(())
    }
}

/// The option that has just that name.
fn option_exactly<'n>(options: &'n [Node], name: &str) -> Option<&'n DefElem> {
    option::elements(options).find(|element| element.defname == name)
}
