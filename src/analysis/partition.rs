//! Partition keys (ComputePartitionAttrs) and the values of bounds (transformPartitionBoundValue).

use std::sync::Arc;

use super::definition::{PARTITION, Purposed, find, first_column};
use super::generated::{GeneratedColumns, named_column};
use super::index::system_reference;
use super::scope::{RangeItem, system_column};
use super::statement::{Analyzer, strings};
use super::typed::{Form, Typed};
use crate::catalog::model::Relation;
use crate::catalog::partition::{self, Strategy};
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{Answer, Class, Context};
use crate::syntax::ast::{
    CreateStmt, Node, NodeEnum, PartitionBoundSpec, PartitionElem, PartitionRangeDatumKind, PartitionSpec,
    PartitionStrategy,
};

const BOUND: Purposed =
    Purposed { words: "partition bound", subquery: "cannot use subquery in partition bound", mutable: None };

impl Analyzer<'_> {
    pub(super) fn partition_key(&mut self, spec: &PartitionSpec, create: &CreateStmt, row: &Arc<RangeItem>) {
        // That there may be only one is said elsewhere.
        if spec.strategy() == PartitionStrategy::List && spec.part_params.len() > 1 {
            return;
        }
        let method = match spec.strategy() {
            PartitionStrategy::Hash => "hash",
            _ => "btree",
        };
        let generated = GeneratedColumns::of_new(create);
        for (n, node) in spec.part_params.iter().enumerate() {
            let Some(NodeEnum::PartitionElem(element)) = &node.node else { continue };
            let reported = self.out.diagnostics.len();
            let value = match element.expr.as_deref() {
                // The type of its rows is there only when the table is.
                Some(raw) if names_type_of(raw, create) => return,
                Some(raw) => self.key_expression(raw, n, element, &generated, row),
                None => self.key_column(element, &generated, row),
            };
            if self.out.diagnostics.len() == reported {
                let ty = self.types.print(&value.ty);
                let message = format!(
                    "no collation was derived for partition key column {} with collatable type {ty}",
                    n + 1
                );
                self.key_collation(&element.collation, &value, ("42P16", &message));
            }
            if self.out.diagnostics.len() == reported {
                self.key_class(&element.opclass, &value, method);
            }
            if self.out.diagnostics.len() > reported {
                return;
            }
        }
    }

    fn key_column(
        &mut self,
        element: &PartitionElem,
        generated: &GeneratedColumns,
        row: &RangeItem,
    ) -> Typed {
        let name = &element.name;
        let at = element.location;
        let Some(column) = row.column(name) else {
            if system_column(name).is_some() {
                let message = format!("cannot use system column \"{name}\" in partition key");
                self.report_at(at, "42P17", message);
            } else if !row.unknown_columns {
                let message = format!("column \"{name}\" named in partition key does not exist");
                self.report_at(at, "42703", message);
            }
            return Typed::unknown(at);
        };
        if generated.contain(name) {
            self.report_at(at, "42P17", "cannot use generated column in partition key");
        }
        // That no column can be of a pseudo-type is said elsewhere.
        let is_pseudo = self.types.class(&column.ty) == Class::Pseudo;
        Typed::new(if is_pseudo { TypeRef::Unknown } else { column.ty.clone() }, at)
    }

    fn key_expression(
        &mut self,
        raw: &Node,
        n: usize,
        element: &PartitionElem,
        generated: &GeneratedColumns,
        row: &Arc<RangeItem>,
    ) -> Typed {
        let at = element.location;
        let reported = self.out.diagnostics.len();
        let value = self.defined(raw, vec![row.clone()], PARTITION);
        let value = Typed { location: at, ..value };
        if self.out.diagnostics.len() > reported {
            return value;
        }
        let is_system = |name: &str| system_column(name).is_some() && row.column(name).is_none();
        let is_row_or_literal = value.is_untyped() || matches!(value.form, Form::Row(_));
        if is_row_or_literal && self.types.class(&value.ty) == Class::Pseudo {
            let message =
                format!("partition key column {} has pseudo-type {}", n + 1, self.types.print(&value.ty));
            self.report_at(at, "42P16", message);
        } else if system_reference(raw, &is_system).is_some() {
            self.report_at(at, "42P17", "partition key expressions cannot contain system column references");
        } else if named_column(raw, &|name| generated.contain(name)).is_some() {
            self.report_at(at, "42P17", "cannot use generated column in partition key");
        } else if first_column(raw).is_none() && value.ty != TypeRef::Unknown {
            self.report_at(at, "42P17", "cannot use constant expression as partition key");
        }
        value
    }

    /// The values of a partition's bound.
    pub(super) fn partition_bound(&mut self, spec: &PartitionBoundSpec, parent: &Relation) {
        let Some(key) = parent.partition_key.as_deref().and_then(partition::key) else { return };
        let fits = match spec.strategy.as_str() {
            "l" => key.strategy == Strategy::List,
            "r" => key.strategy == Strategy::Range,
            _ => false,
        };
        let columns = key.elements.len();
        let has_all =
            spec.strategy != "r" || spec.lowerdatums.len() == columns && spec.upperdatums.len() == columns;
        if !fits || spec.is_default || !has_all || !self.out.diagnostics.is_empty() {
            return;
        }
        let types = key.types(self.catalog, parent);
        let all = spec.listdatums.iter().map(|node| (0, node));
        let all = all.chain(spec.lowerdatums.iter().enumerate()).chain(spec.upperdatums.iter().enumerate());
        for (n, node) in all {
            let node = match &node.node {
                Some(NodeEnum::PartitionRangeDatum(datum))
                    if datum.kind() == PartitionRangeDatumKind::PartitionRangeDatumValue =>
                {
                    datum.value.as_deref()
                }
                Some(NodeEnum::PartitionRangeDatum(_)) => None,
                Some(NodeEnum::ColumnRef(column)) if spec.strategy == "r" && is_infinite(&column.fields) => {
                    None
                }
                _ => Some(node),
            };
            let Some(node) = node else { continue };
            let element = &key.elements[n];
            let name = element.column.as_deref().unwrap_or(&element.text);
            self.bound_value(node, name, types.get(n).unwrap_or(&TypeRef::Unknown));
            if !self.out.diagnostics.is_empty() {
                return;
            }
        }
    }

    fn bound_value(&mut self, node: &Node, column: &str, ty: &TypeRef) {
        if let Some(at) = first_column(node) {
            self.report_at(at, "0A000", "cannot use column reference in partition bound expression");
            return;
        }
        let value = self.defined(node, Vec::new(), BOUND);
        if self.out.diagnostics.is_empty() && self.becomes(&value, ty, Context::Assignment) == Answer::No {
            let wanted = self.types.print(ty);
            let message = format!("specified value cannot be cast to type {wanted} for column \"{column}\"");
            self.report_at(value.location, "42804", message);
        }
    }
}

/// Whether an expression names the row type of the table that is being made, or its row.
pub(super) fn names_type_of(raw: &Node, create: &CreateStmt) -> bool {
    let name = create.relation.as_ref().map_or("", |range| range.relname.as_str());
    let is_it = |names: &[Node]| strings(names).last().is_some_and(|last| **last == *name);
    let found = find(raw, &mut |node| match node {
        NodeEnum::TypeCast(cast) => {
            cast.type_name.as_ref().filter(|ty| is_it(&ty.names)).map(|_| cast.location)
        }
        NodeEnum::ColumnRef(column) if is_it(&column.fields) => Some(column.location),
        _ => None,
    });
    found.is_some()
}

/// MINVALUE or MAXVALUE.
fn is_infinite(fields: &[Node]) -> bool {
    matches!(strings(fields).as_slice(), [name] if matches!(&**name, "minvalue" | "maxvalue"))
}
