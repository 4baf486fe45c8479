//! Relations of pg_catalog and information_schema.

use std::sync::{Arc, OnceLock};

use super::table::{Fact, Types, Versions};
use super::{NEWEST, OLDEST, type_by_name};
use crate::catalog::model::{Column, Relation, RelationKind};
use crate::catalog::types::TypeRef;

pub struct BuiltinRelation {
    pub schema: &'static str,
    pub name: &'static str,
    pub kind: RelationKind,
    pub versions: Versions,
    /// Its columns as the table has them.
    columns: &'static str,
    /// As the versions have it, from the oldest on.
    made: [OnceLock<Arc<Relation>>; (NEWEST - OLDEST + 1) as usize],
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltinColumn {
    pub name: &'static str,
    pub ty: TypeRef,
    pub versions: Versions,
}

impl Fact for BuiltinRelation {
    fn read(versions: Versions, cells: &[&'static str], _: &mut Types) -> BuiltinRelation {
        let [name, schema, kind, columns] = cells else { panic!("{cells:?}") };
        let kind = if *kind == "v" { RelationKind::View } else { RelationKind::Table };
        BuiltinRelation { schema, name, kind, versions, columns, made: Default::default() }
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn versions(&self) -> Versions {
        self.versions
    }
}

impl BuiltinRelation {
    /// The columns that it has in any version; one whose type changed stands there with each.
    pub fn columns(&self) -> impl Iterator<Item = BuiltinColumn> {
        self.columns.split(',').filter_map(|column| {
            let (name, rest) = column.split_once(' ')?;
            let (ty, versions) = match rest.split_once('@') {
                Some((ty, versions)) => (ty, Versions::read(versions)),
                None => (rest, self.versions),
            };
            let ty = match ty.split_once('.') {
                Some((schema, ty)) => TypeRef::named(schema, ty),
                None => type_by_name(ty),
            };
            Some(BuiltinColumn { name, ty, versions })
        })
    }

    /// As a version has it that has it.
    pub fn relation(&self, major: u32) -> &Arc<Relation> {
        let major = major.clamp(OLDEST, NEWEST);
        self.made[(major - OLDEST) as usize].get_or_init(|| {
            let mut relation = Relation::new(self.schema.into(), self.name.into(), self.kind);
            let columns = self.columns().filter(|column| column.versions.contain(major));
            relation.columns.extend(columns.map(|column| Arc::new(Column::new(column.name, column.ty))));
            Arc::new(relation)
        })
    }
}
