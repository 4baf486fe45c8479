//! CREATE and ALTER SEQUENCE.

use std::sync::Arc;

use crate::syntax::ast::{AlterSeqStmt, CreateSeqStmt, Node, NodeEnum};

use super::super::model::*;
use super::super::types::TypeRef;
use super::{Fold, Result, Stop, list, offset, option, split_name, strings};

/// A sequence, with the columns that each has.
pub(super) fn relation(schema: Name, name: Name) -> Relation {
    let mut relation = Relation::new(schema, name, RelationKind::Sequence);
    relation.columns = [("last_value", "int8"), ("log_cnt", "int8"), ("is_called", "bool")]
        .into_iter()
        .map(|(name, ty)| {
            let mut column = Column::new(name, TypeRef::builtin(ty));
            column.not_null = true;
            Arc::new(column)
        })
        .collect();
    relation
}

/// A sequence's parameters by its options (`init_params`), on top of those that it has.
pub(super) fn parameters(old: Option<&SequenceParameters>, options: &[Node]) -> SequenceParameters {
    let ty = option::option(options, "as").map(|element| match option::name_parts(element).last() {
        Some(&("int2" | "smallint")) => "smallint",
        Some(&("int4" | "int" | "integer")) => "integer",
        _ => "bigint",
    });
    with_type(old, ty.map(Name::from), options)
}

/// Those of a serial's or an identity's sequence.
pub(super) fn parameters_of(data_type: &str, options: &[Node]) -> SequenceParameters {
    match option::option(options, "as") {
        Some(_) => parameters(None, options),
        None => with_type(None, Some(data_type.into()), options),
    }
}

/// The type of the sequence of a column, by the column's.
pub(super) fn type_of(column: &TypeRef) -> &'static str {
    match column {
        TypeRef::Named { name, .. } if &**name == "int2" => "smallint",
        TypeRef::Named { name, .. } if &**name == "int4" => "integer",
        _ => "bigint",
    }
}

/// The lowest and the highest number of a type.
pub(super) fn limits(ty: &str) -> (i64, i64) {
    match ty {
        "smallint" => (i64::from(i16::MIN), i64::from(i16::MAX)),
        "integer" => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    }
}

pub(super) fn with_type(
    old: Option<&SequenceParameters>,
    ty: Option<Name>,
    options: &[Node],
) -> SequenceParameters {
    let given = |name: &str| option::option(options, name);
    let data_type =
        ty.clone().or_else(|| old.map(|old| old.data_type.clone())).unwrap_or_else(|| "bigint".into());
    let increment = given("increment").and_then(option::number).or(old.map(|old| old.increment)).unwrap_or(1);
    let (lowest, highest) = limits(&data_type);
    let limit = |is_maximum: bool| if is_maximum { highest } else { lowest };
    let usual = |is_maximum: bool| match (is_maximum, increment > 0) {
        (true, true) => highest,
        (true, false) => -1,
        (false, true) => 1,
        (false, false) => lowest,
    };
    // A limit that was the old type's becomes the new one's, whichever way the sequence goes.
    let bound = |name: &str, is_maximum: bool, known: Option<i64>| {
        let was_limit = old.is_some_and(|old| {
            let (lowest, highest) = limits(&old.data_type);
            ty.is_some() && known == Some(if is_maximum { highest } else { lowest })
        });
        let chosen = if was_limit { limit(is_maximum) } else { usual(is_maximum) };
        match (given(name), known) {
            (Some(element), _) if element.arg.is_some() => option::number(element).unwrap_or(chosen),
            (Some(_), _) | (None, None) => chosen,
            (None, Some(_)) if was_limit => chosen,
            (None, Some(known)) => known,
        }
    };
    let minimum = bound("minvalue", false, old.map(|old| old.minimum));
    let maximum = bound("maxvalue", true, old.map(|old| old.maximum));
    let first = if increment > 0 { minimum } else { maximum };
    SequenceParameters {
        data_type,
        start: given("start").and_then(option::number).or(old.map(|old| old.start)).unwrap_or(first),
        increment,
        minimum,
        maximum,
        cache: given("cache").and_then(option::number).or(old.map(|old| old.cache)).unwrap_or(1),
        cycle: given("cycle").map(option::truth).or(old.map(|old| old.cycle)).unwrap_or(false),
    }
}

impl Fold<'_> {
    pub(super) fn create_sequence(&mut self, s: &CreateSeqStmt) -> Result {
        let Some(range) = &s.sequence else { return Ok(()) };
        let (schema, temporary) = self.target_schema_of(range)?;
        // Where IF NOT EXISTS stands it is looked for first.
        let at = offset(range.location);
        if s.if_not_exists && self.taken(&schema, &range.relname, true, at)? {
            return Ok(());
        }
        self.sequence_options(None, &s.options, false)?;
        self.has_no_name_of_its_own(&s.options)?;
        self.taken(&schema, &range.relname, false, at)?;
        self.is_owned_by_a_column(&s.options, &schema)?;
        let mut sequence = relation(schema.clone(), range.relname.as_str().into());
        if temporary {
            sequence.persistence = Persistence::Temporary;
        } else if range.relpersistence == "u" {
            sequence.persistence = Persistence::Unlogged;
        }
        if let Some(owner) = self.owned_by(&s.options) {
            sequence.owned_by = owner;
        }
        sequence.sequence = Some(parameters(None, &s.options));
        self.claim(&mut sequence);
        self.schema(&schema)?.put_relation(sequence);
        Ok(())
    }

    pub(super) fn alter_sequence(&mut self, s: &AlterSeqStmt) -> Result {
        let Some(range) = &s.sequence else { return Ok(()) };
        let Some(name) = self.find_if(range, s.missing_ok)? else { return Ok(()) };
        let relation = self.catalog.relation(Some(&name.schema), &name.name).ok_or(Stop::Unsure)?;
        if relation.kind != RelationKind::Sequence {
            let message = match self.version() {
                ..16 => format!("\"{}\" is not a sequence", relation.name),
                16.. => format!("cannot open relation \"{}\"", relation.name),
            };
            return self.fail("42809", message, offset(range.location));
        }
        let old = relation.sequence.clone();
        let schema = relation.schema.clone();
        self.sequence_options(old.as_ref(), &s.options, false)?;
        self.is_owned_by_a_column(&s.options, &schema)?;
        if let Some(owner) = self.owned_by(&s.options) {
            self.is_sequence_of_no_identity(&name, "cannot change ownership of identity sequence")?;
            self.relation(&name)?.owned_by = owner;
        }
        let relation = self.relation(&name)?;
        if let Some(old) = &relation.sequence {
            relation.sequence = Some(parameters(Some(old), &s.options));
        }
        Ok(())
    }

    /// What OWNED BY among the options says, if it is there.
    fn owned_by(&self, options: &[Node]) -> Option<Option<OwnedBy>> {
        let element = options.iter().find_map(|option| match &option.node {
            Some(NodeEnum::DefElem(element)) if element.defname == "owned_by" => Some(element),
            _ => None,
        })?;
        let parts = strings(list(element.arg.as_ref()?));
        let [table @ .., column] = parts.as_slice() else { return None };
        if table.is_empty() {
            return Some(None);
        }
        let (schema, table) = split_name(table);
        let table = self.catalog.relation(schema, table)?.qualified_name();
        Some(Some(OwnedBy { table, column: (*column).into() }))
    }
}
