//! Effects in words: one line for an inlay hint, a page for its tooltip.

use std::fmt::Write as _;

use crate::catalog::QualifiedName;

use super::{Effects, LockMode, RelationLock, Role, ScanReason};

/// More names than this are counted instead.
const NAMES: usize = 3;

/// One line: `ACCESS EXCLUSIVE on users · rewrites`. `None` where nobody else will notice: only new relations, or
/// locks no stronger than those of an ordinary query.
pub fn summary(effects: &Effects) -> Option<String> {
    let strongest = effects.strongest()?.mode;
    let works = !(effects.rewrites.is_empty()
        && effects.may_rewrite.is_empty()
        && effects.scans.is_empty()
        && effects.index_builds.is_empty());
    if strongest < LockMode::ShareUpdateExclusive && !works {
        return None;
    }
    let mut parts = Vec::new();
    for mode in LockMode::ALL.into_iter().rev() {
        // Below the strongest, only what stops writes is worth the space.
        if mode != strongest && !mode.blocks_writes() {
            continue;
        }
        let mut locks: Vec<&RelationLock> =
            effects.locks.iter().filter(|lock| lock.mode == mode && lock.role != Role::Private).collect();
        // An index's lock goes without saying beside its table's.
        if effects.locks.iter().any(|lock| !matches!(lock.role, Role::Index | Role::Private)) {
            locks.retain(|lock| lock.role != Role::Index);
        }
        if !locks.is_empty() {
            parts.push(format!("{mode} on {}", places(&locks)));
        }
    }
    let one_table = effects.locks.iter().filter(|lock| lock.role != Role::Private).count() == 1;
    let named = |verb: &str, relations: Vec<&QualifiedName>| {
        if one_table { verb.to_owned() } else { format!("{verb} {}", names(&relations)) }
    };
    if !effects.rewrites.is_empty() {
        parts.push(named("rewrites", effects.rewrites.iter().collect()));
    } else if !effects.may_rewrite.is_empty() {
        let relations = effects.may_rewrite.iter().map(|may| &may.relation).collect();
        parts.push(named("may rewrite", relations));
    }
    let mut scanned: Vec<&QualifiedName> = Vec::new();
    for scan in &effects.scans {
        if scan.why != ScanReason::ReferencedKeys && !scanned.contains(&&scan.relation) {
            scanned.push(&scan.relation);
        }
    }
    if !scanned.is_empty() {
        parts.push(named("scans", scanned));
    }
    // A rewrite includes its indexes.
    let builds: Vec<_> =
        effects.index_builds.iter().filter(|build| !effects.rewrites.contains(&build.table)).collect();
    match &builds[..] {
        [] => {}
        [build] if build.concurrently => parts.push("builds an index, writes go on".into()),
        [_] => parts.push("builds an index".into()),
        many if many[0].concurrently => parts.push(format!("builds {} indexes, writes go on", many.len())),
        many => parts.push(format!("builds {} indexes", many.len())),
    }
    Some(parts.join(" · "))
}

/// The relations of one mode: many partitions or children by their number, all others by name.
fn places(locks: &[&RelationLock]) -> String {
    let of = |role: Role| locks.iter().filter(|lock| lock.role == role).count();
    let counted = |role: Role| of(role) > 2 && of(role) < locks.len();
    let many: Vec<(Role, &str)> = [(Role::Partition, "partitions"), (Role::Child, "children")]
        .into_iter()
        .filter(|(role, _)| counted(*role))
        .collect();
    let listed: Vec<&QualifiedName> = (locks.iter())
        .filter(|lock| many.iter().all(|(role, _)| *role != lock.role))
        .map(|lock| &lock.relation)
        .collect();
    let mut text = names(&listed);
    for (role, word) in many {
        let _ = write!(text, " and {} {word}", of(role));
    }
    text
}

fn names(relations: &[&QualifiedName]) -> String {
    let shown = if relations.len() <= NAMES + 1 { relations.len() } else { NAMES };
    let mut text: String = relations[..shown].iter().map(|name| short(name)).collect::<Vec<_>>().join(", ");
    if relations.len() > shown {
        let _ = write!(text, " and {} more", relations.len() - shown);
    }
    text
}

/// The name as people say it: the schema `public` goes without saying.
fn short(name: &QualifiedName) -> String {
    if &*name.schema == "public" { name.name.to_string() } else { name.to_string() }
}

/// Markdown for a tooltip: what each lock blocks and for how long, what is done meanwhile and why, the safe way.
pub fn explain(effects: &Effects) -> String {
    let mut text = String::new();
    let shared: Vec<&RelationLock> = effects.locks.iter().filter(|lock| lock.role != Role::Private).collect();
    for lock in &shared {
        let index = if lock.role == Role::Index { "index " } else { "" };
        let _ = writeln!(
            text,
            "- **{}** on {index}`{}`{}: {}",
            lock.mode,
            short(&lock.relation),
            because(lock.role),
            lock.mode.blocks()
        );
    }
    if !shared.is_empty() {
        text.push_str(
            "\nLocks are held until the transaction ends, and while one is waited for, later queries queue behind it.\n",
        );
    }
    let mut work = String::new();
    for relation in &effects.rewrites {
        let _ = writeln!(
            work,
            "- **rewrites** `{}`: every row is written to a new file, with all indexes, before the lock is let go",
            short(relation)
        );
    }
    for may in &effects.may_rewrite {
        let _ =
            writeln!(work, "- **may rewrite** `{}`: it is rewritten {}", short(&may.relation), may.unless);
    }
    for scan in &effects.scans {
        let _ = writeln!(work, "- **reads all of** `{}`: {}", short(&scan.relation), reason(scan.why));
    }
    for build in &effects.index_builds {
        if effects.rewrites.contains(&build.table) {
            continue;
        }
        let name = build.index.as_ref().map_or_else(|| "an index".to_owned(), |name| format!("`{name}`"));
        let how = if build.concurrently { ", while writes go on" } else { "" };
        let columns = build.columns.iter().map(|column| &**column).collect::<Vec<_>>().join(", ");
        let _ = writeln!(work, "- **builds** {name} on `{}` ({columns}){how}", short(&build.table));
    }
    for part in [&work, &bullets(&effects.notes)] {
        if !part.is_empty() {
            let _ = write!(text, "\n{part}");
        }
    }
    if !effects.safer.is_empty() {
        let _ = write!(text, "\n**With less waiting:**\n{}", bullets(&effects.safer));
    }
    text
}

fn bullets(sentences: &[String]) -> String {
    sentences.iter().map(|sentence| format!("- {sentence}\n")).collect()
}

fn because(role: Role) -> &'static str {
    match role {
        Role::Subject | Role::Index | Role::Private => "",
        Role::Partition => " (a partition)",
        Role::Child => " (a child by inheritance)",
        Role::Parent => " (its parent)",
        Role::DefaultPartition => " (the default partition, whose bounds change)",
        Role::Referenced => " (a foreign key refers to it)",
        Role::Referencing => " (its foreign key refers to the table)",
        Role::Dependent => " (it depends on what changes)",
        Role::Read => " (it is read)",
    }
}

fn reason(why: ScanReason) -> &'static str {
    match why {
        ScanReason::Check => "every row must pass the check",
        ScanReason::NotNull => "no row may have a null there",
        ScanReason::ForeignKey => "every row's reference is looked up",
        ScanReason::ReferencedKeys => "its keys are compared with the references",
        ScanReason::PartitionBound => "every row must be within the partition's bounds",
        ScanReason::DefaultPartition => "no row in it may belong to the new partition",
        ScanReason::Domain => "every value of the domain is checked",
    }
}
