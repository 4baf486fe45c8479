//! The eight modes of table locks, what conflicts with what, and what that means for others.

use std::fmt;

use serde::{Serialize, Serializer};

/// A table lock's mode; the order is PostgreSQL's own (`lockdefs.h`), weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LockMode {
    AccessShare = 1,
    RowShare,
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    Exclusive,
    AccessExclusive,
}

use LockMode::*;

impl LockMode {
    pub const ALL: [LockMode; 8] = [
        AccessShare,
        RowShare,
        RowExclusive,
        ShareUpdateExclusive,
        Share,
        ShareRowExclusive,
        Exclusive,
        AccessExclusive,
    ];

    /// The mode of that number in `lockdefs.h`, which LOCK TABLE's tree holds.
    pub fn from_number(number: i32) -> Option<LockMode> {
        usize::try_from(number - 1).ok().and_then(|n| LockMode::ALL.get(n).copied())
    }

    /// As LOCK TABLE spells it: `ACCESS EXCLUSIVE`.
    pub fn name(self) -> &'static str {
        match self {
            AccessShare => "ACCESS SHARE",
            RowShare => "ROW SHARE",
            RowExclusive => "ROW EXCLUSIVE",
            ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Share => "SHARE",
            ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Exclusive => "EXCLUSIVE",
            AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// As `pg_locks.mode` has it: `AccessExclusiveLock`.
    pub fn from_pg_locks(mode: &str) -> Option<LockMode> {
        let name = mode.strip_suffix("Lock")?;
        LockMode::ALL.into_iter().find(|mode| format!("{mode:?}") == name)
    }

    /// The modes that must wait for this one (`LockConflicts` in lock.c).
    pub fn conflicts(self) -> &'static [LockMode] {
        match self {
            AccessShare => &[AccessExclusive],
            RowShare => &[Exclusive, AccessExclusive],
            RowExclusive => &[Share, ShareRowExclusive, Exclusive, AccessExclusive],
            ShareUpdateExclusive => {
                &[ShareUpdateExclusive, Share, ShareRowExclusive, Exclusive, AccessExclusive]
            }
            Share => &[RowExclusive, ShareUpdateExclusive, ShareRowExclusive, Exclusive, AccessExclusive],
            ShareRowExclusive => {
                &[RowExclusive, ShareUpdateExclusive, Share, ShareRowExclusive, Exclusive, AccessExclusive]
            }
            Exclusive => &[
                RowShare,
                RowExclusive,
                ShareUpdateExclusive,
                Share,
                ShareRowExclusive,
                Exclusive,
                AccessExclusive,
            ],
            AccessExclusive => &LockMode::ALL,
        }
    }

    pub fn conflicts_with(self, other: LockMode) -> bool {
        self.conflicts().contains(&other)
    }

    pub fn blocks_reads(self) -> bool {
        self.conflicts_with(AccessShare)
    }

    pub fn blocks_writes(self) -> bool {
        self.conflicts_with(RowExclusive)
    }

    /// What others cannot do meanwhile, in words.
    pub fn blocks(self) -> &'static str {
        match self {
            AccessExclusive => "blocks reads and writes",
            Exclusive => "blocks writes and SELECT … FOR UPDATE; plain reads go on",
            ShareRowExclusive => "blocks writes; reads go on",
            Share => "blocks writes; reads and other CREATE INDEX go on",
            ShareUpdateExclusive => "blocks only schema changes and VACUUM; reads and writes go on",
            RowExclusive => "blocks only schema changes and CREATE INDEX; reads and writes go on",
            RowShare => "blocks only statements that lock the whole table; reads and writes go on",
            AccessShare => {
                "blocks only ACCESS EXCLUSIVE (DROP, TRUNCATE, most ALTER TABLE); reads and writes go on"
            }
        }
    }
}

impl fmt::Display for LockMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for LockMode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conflicts_are_mutual() {
        for a in LockMode::ALL {
            for b in LockMode::ALL {
                assert_eq!(a.conflicts_with(b), b.conflicts_with(a), "{a} {b}");
            }
            assert_eq!(LockMode::from_number(a as i32), Some(a));
            assert_eq!(LockMode::from_pg_locks(&format!("{a:?}Lock")), Some(a));
        }
        assert!(AccessExclusive.blocks_reads() && !Exclusive.blocks_reads());
        assert!(Share.blocks_writes() && !ShareUpdateExclusive.blocks_writes());
    }
}
