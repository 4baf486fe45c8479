//! Configuration parameters, as `pg_settings` has them: all but those that it hides, such as `role`.

use super::table::{Fact, Types, Versions};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltinSetting {
    pub name: &'static str,
    /// `bool`, `integer`, `real`, `string` or `enum`.
    pub ty: &'static str,
    /// What a number without a unit counts: `kB`, `8kB`, `ms` …
    pub unit: &'static str,
    pub min: &'static str,
    pub max: &'static str,
    /// The values of an enum that the facts' build of PostgreSQL takes, with commas; another build may take more.
    pub values: &'static str,
    /// Who can set it when: `internal`, `postmaster`, `sighup`, `superuser-backend`, `backend`, `superuser`, `user`.
    pub context: &'static str,
    /// What it is without any configuration.
    pub default: &'static str,
    pub category: &'static str,
    pub description: &'static str,
    pub versions: Versions,
}

impl BuiltinSetting {
    pub fn needs_restart(&self) -> bool {
        self.context == "postmaster"
    }
}

impl Fact for BuiltinSetting {
    fn read(versions: Versions, cells: &[&'static str], _: &mut Types) -> BuiltinSetting {
        let [name, ty, unit, min, max, values, context, default, category, description] = cells else {
            panic!("{cells:?}")
        };
        BuiltinSetting { name, ty, unit, min, max, values, context, default, category, description, versions }
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn versions(&self) -> Versions {
        self.versions
    }
}
