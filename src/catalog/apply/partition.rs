//! Partitions: their bounds, ATTACH and DETACH.

use std::sync::Arc;

use crate::syntax::ast::{
    Node, NodeEnum, PartitionBoundSpec, PartitionCmd, PartitionRangeDatumKind, RangeVar,
};

use super::super::model::*;
use super::super::partition::{self, Bound, Comparer, Datum, Key, Strategy};
use super::super::types::TypeRef;
use super::super::{deparse, quote};
use super::{Fold, Result, Stop, offset};

/// A bound that a statement gives, with what its errors point at.
pub(super) struct NewBound {
    pub text: String,
    bound: Option<Bound>,
    at: Option<usize>,
    /// Where the values of a list, or of a range's lower end, stand.
    first: Vec<Option<usize>>,
    /// Of a range's upper end.
    second: Vec<Option<usize>>,
}

impl Fold<'_> {
    /// A bound as `pg_get_expr(relpartbound)` prints it, with PostgreSQL's errors for what it cannot be
    /// (`transformPartitionBound`).
    pub(super) fn new_bound(&self, parent: &Relation, spec: &PartitionBoundSpec) -> Result<NewBound> {
        let at = offset(spec.location);
        let key = parent.partition_key.as_deref().and_then(partition::key);
        if let Some(key) = &key {
            self.fits_strategy(key, spec)?;
        }
        let types = key.as_ref().map(|key| key.types(&self.catalog, parent)).unwrap_or_default();
        let text = self.bound_text(spec, &types);
        let bound = partition::bound(&text);
        let is_range = matches!(bound, Some(Bound::Range(..)));
        let places = |nodes: &[Node]| nodes.iter().map(place).collect::<Vec<_>>();
        let new = NewBound {
            text,
            bound,
            at,
            first: match is_range {
                true => places(&spec.lowerdatums),
                false => self.list_values(spec, &types).into_iter().map(|value| value.1).collect(),
            },
            second: places(&spec.upperdatums),
        };
        if let (Some(key), Some(Bound::Range(lower, upper))) = (&key, &new.bound) {
            for (ends, places, word) in [(lower, &new.first, "FROM"), (upper, &new.second, "TO")] {
                if ends.len() != key.elements.len() {
                    let message = format!("{word} must specify exactly one value per partitioning column");
                    return self.fail("42P16", message, at);
                }
                self.fits_range(ends, places, &types, at)?;
            }
        }
        Ok(new)
    }

    fn fits_strategy(&self, key: &Key, spec: &PartitionBoundSpec) -> Result {
        let at = offset(spec.location);
        let given = match spec.strategy.as_str() {
            _ if spec.is_default => key.strategy,
            "l" => Strategy::List,
            "h" => Strategy::Hash,
            _ => Strategy::Range,
        };
        let message = if spec.is_default && key.strategy == Strategy::Hash {
            "a hash-partitioned table may not have a default partition".to_owned()
        } else if given != key.strategy {
            format!("invalid bound specification for a {} partition", key.strategy.word())
        } else if given == Strategy::Hash && spec.modulus <= 0 {
            "modulus for hash partition must be an integer value greater than zero".to_owned()
        } else if given == Strategy::Hash && spec.remainder < 0 {
            "remainder for hash partition must be an integer value greater than or equal to zero".to_owned()
        } else if given == Strategy::Hash && spec.remainder >= spec.modulus {
            "remainder for hash partition must be less than modulus".to_owned()
        } else {
            return Ok(());
        };
        self.fail("42P16", message, at)
    }

    /// One end of a range has values, and then nothing but MINVALUE or MAXVALUE (`validateInfiniteBounds`).
    fn fits_range(
        &self,
        ends: &[Datum],
        places: &[Option<usize>],
        types: &[TypeRef],
        at: Option<usize>,
    ) -> Result {
        if ends.contains(&Datum::Null) {
            return self.fail("42P17", "cannot specify NULL in range bound".into(), at);
        }
        let infinite = ends.iter().position(|datum| matches!(datum, Datum::Minimum | Datum::Maximum));
        let Some(first) = infinite else { return Ok(()) };
        let word = if ends[first] == Datum::Minimum { "MINVALUE" } else { "MAXVALUE" };
        match ends[first..].iter().position(|datum| *datum != ends[first]) {
            // Older ones read a value behind these as one of an earlier column, which may be what they refuse.
            Some(_) if self.catalog.is_older_than(18) && types.iter().any(|ty| *ty != types[0]) => {
                Err(Stop::Unsure)
            }
            Some(n) => {
                let message = format!("every bound following {word} must also be {word}");
                self.fail("42804", message, places.get(first + n).copied().flatten())
            }
            None => Ok(()),
        }
    }

    /// The values of a list, with where they stand. What stands there twice is kept once.
    fn list_values(&self, spec: &PartitionBoundSpec, types: &[TypeRef]) -> Vec<(String, Option<usize>)> {
        let ty = types.first().cloned().unwrap_or(TypeRef::Unknown);
        let mut values: Vec<(String, Option<usize>)> = Vec::new();
        for node in &spec.listdatums {
            let text = deparse::bound_value(&self.catalog, node, &ty);
            if !values.iter().any(|known| known.0 == text) {
                values.push((text, place(node)));
            }
        }
        values
    }

    fn bound_text(&self, spec: &PartitionBoundSpec, types: &[TypeRef]) -> String {
        if spec.is_default {
            return "DEFAULT".into();
        }
        let datum = |node: &Node, n: usize| {
            let ty = types.get(n).cloned().unwrap_or(TypeRef::Unknown);
            deparse::bound_value(&self.catalog, node, &ty)
        };
        let range = |nodes: &[Node]| {
            let texts: Vec<String> = nodes
                .iter()
                .enumerate()
                .map(|(n, node)| match &node.node {
                    Some(NodeEnum::PartitionRangeDatum(value)) => match value.kind() {
                        PartitionRangeDatumKind::PartitionRangeDatumMinvalue => "MINVALUE".into(),
                        PartitionRangeDatumKind::PartitionRangeDatumMaxvalue => "MAXVALUE".into(),
                        _ => value.value.as_ref().map_or_else(String::new, |value| datum(value, n)),
                    },
                    Some(NodeEnum::ColumnRef(column)) => {
                        column.fields.last().map_or(String::new(), |f| super::string(f).to_ascii_uppercase())
                    }
                    _ => datum(node, n),
                })
                .collect();
            texts.join(", ")
        };
        match spec.strategy.as_str() {
            "h" => format!("FOR VALUES WITH (modulus {}, remainder {})", spec.modulus, spec.remainder),
            "l" => {
                let values: Vec<String> =
                    self.list_values(spec, types).into_iter().map(|value| value.0).collect();
                format!("FOR VALUES IN ({})", values.join(", "))
            }
            _ => {
                format!("FOR VALUES FROM ({}) TO ({})", range(&spec.lowerdatums), range(&spec.upperdatums))
            }
        }
    }

    /// PostgreSQL's error for a bound that another partition's leaves no room for (`check_new_partition_bound`).
    pub(super) fn has_room(&self, parent: &Relation, partition: &str, new: &NewBound) -> Result {
        let Some(key) = parent.partition_key.as_deref().and_then(partition::key) else { return Ok(()) };
        let mut others = self.bounds_below(parent);
        others.retain(|(other, _)| !other.may_be_gone);
        let comparer = Comparer::new(&self.catalog, parent, &key);
        let overlap = match &new.bound {
            None => None,
            Some(Bound::Default) => {
                let default = others.iter().find(|(_, bound)| *bound == Bound::Default);
                let Some((other, _)) = default else { return Ok(()) };
                let message = format!(
                    "partition \"{partition}\" conflicts with existing default partition \"{}\"",
                    other.name
                );
                return self.fail("42P17", message, new.at);
            }
            Some(Bound::List(values)) => same_value(&comparer, values, &others)
                .map(|(n, other)| (new.first.get(n).copied().flatten(), other)),
            Some(Bound::Hash { modulus, remainder }) => {
                self.fits_moduli(*modulus, &others, new.at)?;
                same_remainder(*modulus, *remainder, &others).map(|other| (new.at, other))
            }
            Some(Bound::Range(lower, upper)) => {
                if let Some((order, n)) = comparer.ends((lower, true), (upper, false))
                    && order.is_ge()
                {
                    let message = format!("empty range bound specified for partition \"{partition}\"");
                    return self.fail("42P17", message, new.first.get(n).copied().flatten());
                }
                same_range(&comparer, lower, upper, &others).map(|(is_lower, n, other)| {
                    let places = if is_lower { &new.first } else { &new.second };
                    (places.get(n).copied().flatten(), other)
                })
            }
        };
        let Some((at, other)) = overlap else { return Ok(()) };
        let message = format!("partition \"{partition}\" would overlap partition \"{other}\"");
        self.fail("42P17", message, at.or(new.at))
    }

    /// The partitions whose bounds are understood.
    fn bounds_below(&self, parent: &Relation) -> Vec<(Arc<Relation>, Bound)> {
        let mut found = Vec::new();
        for name in self.children(&parent.qualified_name()) {
            let Some(other) = self.catalog.relation(Some(&name.schema), &name.name) else { continue };
            if let Some(bound) = other.partition_bound.as_deref().and_then(partition::bound) {
                found.push((other.clone(), bound));
            }
        }
        found
    }

    /// Whether rows in a default partition may keep another partition from being made.
    pub(super) fn has_default_partition(&self, parent: &Relation) -> bool {
        self.bounds_below(parent).iter().any(|(_, bound)| *bound == Bound::Default)
    }

    fn fits_moduli(&self, new: i32, others: &[(Arc<Relation>, Bound)], at: Option<usize>) -> Result {
        let moduli = || {
            others.iter().filter_map(|(_, bound)| match bound {
                Bound::Hash { modulus, .. } => Some(*modulus),
                _ => None,
            })
        };
        let below = moduli().filter(|modulus| *modulus <= new).max();
        let above = moduli().filter(|modulus| *modulus > new).min();
        if below.is_none_or(|below| new % below == 0) && above.is_none_or(|above| above % new == 0) {
            return Ok(());
        }
        let message = "every hash partition modulus must be a factor of the next larger modulus";
        self.fail("42P17", message.into(), at)
    }

    pub(super) fn attach_partition(&mut self, parent: &QualifiedName, command: &PartitionCmd) -> Result {
        let Some(range) = &command.name else { return Ok(()) };
        let parent_relation =
            self.catalog.relation(Some(&parent.schema), &parent.name).ok_or(Stop::Unsure)?.clone();
        let child = self.find(range)?;
        let bound = match &command.bound {
            Some(bound) => Some(self.new_bound(&parent_relation, bound)?),
            None => None,
        };
        self.can_attach(&child, &parent_relation, range)?;
        if let Some(bound) = &bound {
            self.has_room(&parent_relation, &child.name, bound)?;
        }
        self.merge_into_existing(&child, &parent_relation, range)?;
        let relation = self.relation(&child)?;
        relation.parents = vec![parent.clone()];
        relation.partition_bound = bound.map(|bound| bound.text.into());
        for column in &parent_relation.columns {
            if let Some(own) = relation.column_mut(&column.name) {
                own.identity = own.identity.or(column.identity);
            }
        }
        // A foreign key that the partition brings is attached to the parent's.
        let same = |own: &Constraint, parents: &Constraint| {
            own.kind == parents.kind && own.columns == parents.columns && own.foreign == parents.foreign
        };
        let keys: Vec<_> = (parent_relation.constraints.iter())
            .filter(|theirs| theirs.kind == ConstraintKind::ForeignKey)
            .filter(|theirs| !relation.constraints.iter().any(|own| same(own, theirs)))
            .cloned()
            .collect();
        for key in keys {
            relation.put_constraint(Constraint::clone(&key));
        }
        self.copy_triggers(&parent_relation, &child)?;
        self.copy_indexes(&parent_relation, &child)?;
        self.indexes_below(&child)
    }

    /// PostgreSQL's errors for a table that cannot become a partition (`ATExecAttachPartition`).
    fn can_attach(&self, child: &QualifiedName, parent: &Relation, range: &RangeVar) -> Result {
        let relation = self.catalog.relation(Some(&child.schema), &child.name).ok_or(Stop::Unsure)?;
        let (name, of) = (&relation.name, &parent.name);
        let is_temporary = |relation: &Relation| relation.persistence == Persistence::Temporary;
        let at = offset(range.location);
        let (code, message) = if relation.partition_bound.is_some() {
            ("42809", format!("\"{name}\" is already a partition"))
        } else if relation.of_type.is_some() {
            ("42809", "cannot attach a typed table as partition".to_owned())
        } else if !relation.parents.is_empty() {
            ("42809", "cannot attach inheritance child as partition".to_owned())
        } else if relation.kind == RelationKind::Table && !self.children(child).is_empty() {
            ("42809", "cannot attach inheritance parent as partition".to_owned())
        } else if self.heirs(child).contains(&parent.qualified_name()) {
            ("42P07", "circular inheritance not allowed".to_owned())
        } else if is_temporary(parent) && !is_temporary(relation) {
            let what = "cannot attach a permanent relation as partition of temporary relation";
            ("42809", format!("{what} \"{of}\""))
        } else if is_temporary(relation) && !is_temporary(parent) {
            let what = "cannot attach a temporary relation as partition of permanent relation";
            ("42809", format!("{what} \"{of}\""))
        } else if relation.kind == RelationKind::ForeignTable
            && parent.indexes.iter().any(|index| index.unique)
        {
            return self.takes_foreign_partition(parent, Some(name));
        } else if relation.unknown_columns || parent.unknown_columns {
            return Ok(());
        } else if let Some(column) = relation.columns.iter().find(|column| column.identity.is_some())
            && self.version() >= 17
        {
            let what = "being attached contains an identity column";
            ("55000", format!("table \"{name}\" {what} \"{}\"", column.name))
        } else if let Some(column) = relation.columns.iter().find(|own| parent.column(&own.name).is_none()) {
            let column = &column.name;
            ("42804", format!("table \"{name}\" contains column \"{column}\" not found in parent \"{of}\""))
        } else {
            return Ok(());
        };
        self.fail(code, message, at)
    }

    pub(super) fn detach_partition(&mut self, parent: &QualifiedName, command: &PartitionCmd) -> Result {
        let Some(range) = &command.name else { return Ok(()) };
        let child = self.find(range)?;
        let relation = self.relation(&child)?;
        if !relation.parents.contains(parent) {
            let message =
                format!("relation \"{}\" is not a partition of relation \"{}\"", child.name, parent.name);
            return self.fail("42P01", message, offset(range.location));
        }
        relation.partition_bound = None;
        for column in &mut relation.columns {
            if column.identity.is_some() {
                Arc::make_mut(column).identity = None;
            }
        }
        self.leave_parent(&child, parent)
    }

    /// The parent's indexes and row triggers, for a partition.
    pub(super) fn inherited_indexes(&mut self, table: &QualifiedName) -> Result {
        for parent in self.parents(table)? {
            self.copy_indexes(&parent, table)?;
            self.copy_triggers(&parent, table)?;
        }
        self.indexes_below(table)
    }

    fn copy_triggers(&mut self, parent: &Relation, table: &QualifiedName) -> Result {
        let relation = self.relation(table)?;
        let from = format!(" ON {} ", quote::qualified(&parent.schema, &parent.name));
        let to = format!(" ON {} ", quote::qualified(&table.schema, &table.name));
        for trigger in parent.triggers.iter().filter(|trigger| trigger.is_for_rows()) {
            if !relation.triggers.iter().any(|own| own.name == trigger.name) {
                let definition = trigger.definition.replacen(&from, &to, 1).into();
                relation.triggers.push(Arc::new(Trigger {
                    definition,
                    comment: None,
                    ..Trigger::clone(trigger)
                }));
            }
        }
        relation.triggers.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(())
    }

    /// A partition that is partitioned itself hands its indexes on.
    fn indexes_below(&mut self, table: &QualifiedName) -> Result {
        for child in self.children(table) {
            self.inherited_indexes(&child)?;
        }
        Ok(())
    }
}

/// Where a value of a bound stands.
fn place(node: &Node) -> Option<usize> {
    match node.node.as_ref()? {
        NodeEnum::PartitionRangeDatum(datum) => offset(datum.location),
        NodeEnum::AConst(constant) => offset(constant.location),
        NodeEnum::ColumnRef(column) => offset(column.location),
        NodeEnum::FuncCall(call) => offset(call.location),
        NodeEnum::TypeCast(cast) => cast.arg.as_deref().and_then(place).or(offset(cast.location)),
        NodeEnum::AExpr(expression) => {
            expression.lexpr.as_deref().and_then(place).or(offset(expression.location))
        }
        _ => None,
    }
}

fn same_value(
    comparer: &Comparer,
    values: &[Datum],
    others: &[(Arc<Relation>, Bound)],
) -> Option<(usize, Name)> {
    values.iter().enumerate().find_map(|(n, value)| {
        let is_same = |theirs: &Datum| comparer.values(0, value, theirs).is_some_and(|order| order.is_eq());
        let (other, _) = others.iter().find(|(_, bound)| match bound {
            Bound::List(theirs) => theirs.iter().any(is_same),
            _ => false,
        })?;
        Some((n, other.name.clone()))
    })
}

/// Of two moduli one is a multiple of the other, so that the smaller one's remainders tell whether there is a number
/// for both.
fn same_remainder(modulus: i32, remainder: i32, others: &[(Arc<Relation>, Bound)]) -> Option<Name> {
    let (other, _) = others.iter().find(|(_, bound)| match bound {
        Bound::Hash { modulus: theirs, remainder: rest } => {
            let least = modulus.min(*theirs);
            remainder % least == rest % least
        }
        _ => false,
    })?;
    Some(other.name.clone())
}

/// The partition that a range overlaps, and the value that leads into it: of the lower end, or else of the upper one.
fn same_range(
    comparer: &Comparer,
    lower: &[Datum],
    upper: &[Datum],
    others: &[(Arc<Relation>, Bound)],
) -> Option<(bool, usize, Name)> {
    let mut next: Option<(&[Datum], usize, Name)> = None;
    for (other, bound) in others {
        let Bound::Range(from, to) = bound else { continue };
        let (begins, mut n) = comparer.ends((from, true), (lower, true))?;
        if begins.is_eq() {
            // PostgreSQL keeps one bound where one partition ends and the next one begins: the end.
            let ends_here = others.iter().find_map(|(_, bound)| match bound {
                Bound::Range(_, to) => match comparer.ends((to, false), (lower, true))? {
                    (order, n) if order.is_lt() && to == lower => Some(n),
                    _ => None,
                },
                _ => None,
            });
            n = ends_here.unwrap_or(n);
        }
        let (ends, _) = comparer.ends((lower, true), (to, false))?;
        if begins.is_le() && ends.is_lt() {
            return Some((true, n, other.name.clone()));
        }
        let (reaches, n) = comparer.ends((from, true), (upper, false))?;
        if begins.is_gt() && reaches.is_lt() {
            let is_nearer = match &next {
                Some((nearest, ..)) => comparer.ends((from, true), (nearest, true))?.0.is_lt(),
                None => true,
            };
            if is_nearer {
                next = Some((from, n, other.name.clone()));
            }
        }
    }
    next.map(|(_, n, other)| (false, n, other))
}
