//! What PostgreSQL refuses of a sequence's options (init_params, process_owned_by), and of the sequence of a column.

use crate::syntax::ast::{Node, NodeEnum};

use super::super::builtin;
use super::super::model::*;
use super::super::types::TypeRef;
use super::sequence::{limits, parameters, parameters_of};
use super::{Fold, Result, Stop, list, offset, option, split_name, strings};

impl Fold<'_> {
    /// The options, each once, and the numbers that they come to, on top of those that there are.
    pub(super) fn sequence_options(
        &self,
        old: Option<&SequenceParameters>,
        options: &[Node],
        of_identity: bool,
    ) -> Result {
        self.are_given_once(options)?;
        let ty = option::option(options, "as").and_then(|element| element.arg.as_deref()?.node.as_ref());
        if let Some(NodeEnum::TypeName(name)) = ty {
            let ty = self.type_ref(name)?;
            let is_whole = matches!(&ty, TypeRef::Named { schema, name, .. }
                if &**schema == "pg_catalog" && matches!(&**name, "int2" | "int4" | "int8"));
            if !is_whole && ty != TypeRef::Unknown {
                let what = if of_identity { "identity column" } else { "sequence" };
                let message = format!("{what} type must be smallint, integer, or bigint");
                return self.fail("22023", message, self.token("as"));
            }
        }
        self.has_numbers(&parameters(old, options), options)
    }

    /// What only the options of an identity may say.
    pub(super) fn has_no_name_of_its_own(&self, options: &[Node]) -> Result {
        let Some(option) = option::option(options, "sequence_name") else { return Ok(()) };
        self.fail("42601", "invalid sequence option SEQUENCE NAME".into(), offset(option.location))
    }

    /// Those of an identity column that is being made, whose type the sequence has.
    pub(super) fn identity_options(&self, ty: &TypeRef, options: &[Node]) -> Result {
        self.are_given_once(options)?;
        if let Some(option) = option::option(options, "as") {
            // The column says it already.
            let message = "conflicting or redundant options";
            return self.fail("42601", message.into(), offset(option.location));
        }
        self.has_numbers(&parameters_of(super::sequence::type_of(ty), options), options)
    }

    /// The numbers of a sequence, in the order in which PostgreSQL looks at them.
    fn has_numbers(&self, new: &SequenceParameters, options: &[Node]) -> Result {
        let is_given = |name: &str| option::option(options, name).is_some();
        // Of a number that cannot be read nothing is known.
        let is_read = |name: &&str| {
            let given = option::option(options, name).filter(|element| element.arg.is_some());
            given.is_none_or(|element| option::number(element).is_some())
        };
        if !["increment", "minvalue", "maxvalue", "start", "restart", "cache"].iter().all(is_read) {
            return Ok(());
        }
        let (lowest, highest) = limits(&new.data_type);
        let wrong = |message: String, name: &str| self.fail("22023", message, self.token(name));
        if new.increment == 0 {
            return wrong("INCREMENT must not be zero".into(), "increment");
        }
        for (name, value) in [("maxvalue", new.maximum), ("minvalue", new.minimum)] {
            if !(lowest..=highest).contains(&value) {
                let what = format!("{} ({value})", name.to_ascii_uppercase());
                let message = format!("{what} is out of range for sequence data type {}", new.data_type);
                return wrong(message, name);
            }
        }
        if new.minimum >= new.maximum {
            let message = format!("MINVALUE ({}) must be less than MAXVALUE ({})", new.minimum, new.maximum);
            return wrong(message, if is_given("minvalue") { "minvalue" } else { "maxvalue" });
        }
        let restart = option::option(options, "restart").filter(|element| element.arg.is_some());
        let restart = restart.and_then(option::number);
        for (name, value) in [("start", Some(new.start)), ("restart", restart)] {
            let Some(value) = value else { continue };
            let what = format!("{} value ({value}) cannot be", name.to_ascii_uppercase());
            let at = [name, "minvalue", "maxvalue"].into_iter().find(|name| is_given(name)).unwrap_or(name);
            if value < new.minimum {
                return wrong(format!("{what} less than MINVALUE ({})", new.minimum), at);
            }
            if value > new.maximum {
                return wrong(format!("{what} greater than MAXVALUE ({})", new.maximum), at);
            }
        }
        if new.cache <= 0 {
            return wrong(format!("CACHE ({}) must be greater than zero", new.cache), "cache");
        }
        Ok(())
    }

    /// PostgreSQL's errors for what cannot own a sequence that is in `schema` (`process_owned_by`).
    pub(super) fn is_owned_by_a_column(&self, options: &[Node], schema: &str) -> Result {
        let Some(element) = option::option(options, "owned_by") else { return Ok(()) };
        let parts = strings(element.arg.as_deref().map(list).unwrap_or_default());
        let at = self.token("owned");
        let [table @ .., column] = parts.as_slice() else { return Ok(()) };
        if table.is_empty() {
            return match *column {
                "none" => Ok(()),
                _ => self.refuse("42601", "invalid OWNED BY option".into(), at),
            };
        }
        let elsewhere = "sequence must be in same schema as table it is linked to";
        let Some(found) = self.table_of_part(table, false)? else {
            // One of PostgreSQL's own, which has an index of its own kind of name.
            let (of, name) = split_name(table);
            let of = of.unwrap_or("pg_catalog");
            let is_own = of == "pg_catalog" && name.starts_with("pg_") || of == "information_schema";
            if !is_own || self.version() < 15 {
                return Ok(());
            }
            if builtin::facts().has_relation(of, name) {
                return self.fail("55000", elsewhere.into(), at);
            }
            if of == "pg_catalog" && name.ends_with("_index") {
                return self.fail("42809", format!("sequence cannot be owned by relation \"{name}\""), at);
            }
            return Ok(());
        };
        let relation = self.catalog.relation(Some(&found.schema), &found.name).ok_or(Stop::Unsure)?;
        let owns = matches!(
            relation.kind,
            RelationKind::Table
                | RelationKind::PartitionedTable
                | RelationKind::View
                | RelationKind::ForeignTable
        );
        if !owns && self.version() >= 15 {
            let message = format!("sequence cannot be owned by relation \"{}\"", relation.name);
            return self.fail("42809", message, at);
        }
        if *found.schema != *schema {
            return self.fail("55000", elsewhere.into(), at);
        }
        if relation.column(column).is_none()
            && !relation.unknown_columns
            && !super::super::deparse::is_system_column(column)
        {
            let message = format!("column \"{column}\" of relation \"{}\" does not exist", relation.name);
            return self.fail("42703", message, self.token(column));
        }
        Ok(())
    }

    /// The column that a sequence belongs to, and whether it is the sequence of its identity.
    fn column_of(&self, sequence: &QualifiedName) -> Option<(&OwnedBy, bool)> {
        let owner = self.catalog.relation(Some(&sequence.schema), &sequence.name)?.owned_by.as_ref()?;
        // Which of several is the identity's is not known.
        let mut others = self.catalog.relations().filter(|other| other.owned_by.as_ref() == Some(owner));
        let is_only = others.nth(1).is_none();
        let table = self.catalog.relation(Some(&owner.table.schema), &owner.table.name);
        let column = table.and_then(|table| table.column(&owner.column));
        Some((owner, is_only && column.is_some_and(|column| column.identity.is_some())))
    }

    /// What cannot be done to the sequence of an identity column.
    pub(super) fn is_sequence_of_no_identity(&self, sequence: &QualifiedName, refusal: &str) -> Result {
        match self.column_of(sequence) {
            Some((_, true)) => self.fail("0A000", refusal.into(), self.token(&sequence.name)),
            _ => Ok(()),
        }
    }

    /// A sequence that a column owns goes with its table only (AlterTableNamespace).
    pub(super) fn moves_by_itself(&self, sequence: &QualifiedName, refusal: &str) -> Result {
        match self.column_of(sequence) {
            Some(_) => self.fail("0A000", refusal.into(), self.token(&sequence.name)),
            None => Ok(()),
        }
    }
}
