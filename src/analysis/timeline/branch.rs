//! psql's `\if`: what runs, what may run, and what is certain behind it.

use std::sync::Arc;

use super::moment::{Moment, is_same};

/// Whether a statement runs; the more certain first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Certainty {
    Runs,
    /// The condition is not known. That a name is not there may be what it asks.
    MayRun,
    /// In an `\if` that began within a query, so that what stands here may be the rest of that.
    Torn,
    Skips,
    /// Behind `\q`: psql does not even read it.
    Ended,
}

/// A branch of an `\if`, or a file that is included within one.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    outer: Option<Arc<Branch>>,
    certainty: Certainty,
    /// `None` for a file: the conditions around it are no business of its commands.
    condition: Option<Condition>,
}

#[derive(Clone, Debug)]
struct Condition {
    /// What is around the `\if`.
    around: Certainty,
    /// Some branch so far runs if no other does, so those behind do not.
    decided: bool,
    /// No branch so far may run.
    none_so_far: bool,
    /// `\else` has come.
    last: bool,
    before: Moment,
    /// Where the branches ended that may have run.
    ends: Vec<Moment>,
}

impl Branch {
    pub fn certainty(&self) -> Certainty {
        self.certainty
    }

    /// Whether what follows would come to the same.
    pub fn is_same(one: Option<&Arc<Branch>>, other: Option<&Arc<Branch>>) -> bool {
        let (Some(one), Some(other)) = (one, other) else { return one.is_none() && other.is_none() };
        if Arc::ptr_eq(one, other) {
            return true;
        }
        let conditions = match (&one.condition, &other.condition) {
            (Some(one), Some(other)) => {
                (one.around, one.decided, one.none_so_far, one.last)
                    == (other.around, other.decided, other.none_so_far, other.last)
                    && one.before.is(&other.before)
                    && one.ends.len() == other.ends.len()
                    && one.ends.iter().zip(&other.ends).all(|(one, other)| one.is(other))
            }
            (one, other) => one.is_none() && other.is_none(),
        };
        one.certainty == other.certainty
            && conditions
            && Branch::is_same(one.outer.as_ref(), other.outer.as_ref())
    }
}

/// Whether a branch runs whose own condition comes to `own`.
fn certain(own: Option<bool>, around: Certainty) -> Certainty {
    around.max(match own {
        Some(true) => Certainty::Runs,
        Some(false) => Certainty::Skips,
        None => Certainty::MayRun,
    })
}

impl Moment {
    /// Behind `\if`, whose condition is `value` if that is known.
    pub fn enter_if(&mut self, value: Option<bool>, within_query: bool) {
        let around = match within_query {
            true => self.certainty().max(Certainty::Torn),
            false => self.certainty(),
        };
        let condition = Condition {
            around,
            decided: value == Some(true),
            none_so_far: value == Some(false),
            last: false,
            before: self.clone(),
            ends: Vec::new(),
        };
        let certainty = certain(value, around);
        self.branch =
            Some(Arc::new(Branch { outer: self.branch.clone(), certainty, condition: Some(condition) }));
    }

    /// Behind `\elif`, or `\else` where `is_last`; whether psql takes it here.
    pub fn next_branch(&mut self, value: Option<bool>, is_last: bool) -> bool {
        let Some(branch) = self.branch.clone() else { return false };
        let Some(mut condition) = branch.condition.clone().filter(|condition| !condition.last) else {
            return false;
        };
        self.end_branch(&branch, &mut condition);
        let own = match value {
            _ if condition.decided => Some(false),
            // Where an earlier branch may have run, this one only may.
            Some(true) if !condition.none_so_far => None,
            value => value,
        };
        condition.decided |= value == Some(true);
        condition.none_so_far &= own == Some(false);
        condition.last = is_last;
        let certainty = certain(own, condition.around);
        *self = condition.before.clone();
        self.branch =
            Some(Arc::new(Branch { outer: branch.outer.clone(), certainty, condition: Some(condition) }));
        true
    }

    fn end_branch(&self, branch: &Branch, condition: &mut Condition) {
        if branch.certainty < Certainty::Skips {
            condition.ends.push(self.clone());
        }
    }

    /// Behind `\endif`; whether psql takes it here.
    pub fn leave_if(&mut self, within_query: bool) -> bool {
        let Some(branch) = self.branch.clone() else { return false };
        let Some(mut condition) = branch.condition.clone() else { return false };
        self.end_branch(&branch, &mut condition);
        if !condition.decided {
            condition.ends.push(condition.before.clone());
        }
        let mut ends = condition.ends.into_iter();
        let first = ends.next();
        let is_left = first.is_none() && condition.around < Certainty::Skips;
        let mut joined = first.unwrap_or(condition.before);
        ends.for_each(|end| joined.join(&end));
        *self = Moment { branch: branch.outer.clone(), ..joined };
        if is_left {
            // All branches leave the script, so nothing comes here.
            self.quit();
        }
        if condition.around == Certainty::Torn && !within_query {
            self.forget();
        }
        true
    }

    /// What is certain where it is this moment or `other`.
    fn join(&mut self, other: &Moment) {
        if self.catalog.revision() != other.catalog.revision() {
            self.catalog = Arc::new(self.catalog.or(&other.catalog));
        }
        if self.session != other.session {
            self.session = None;
        }
        if self.folder != other.folder {
            self.folder = super::moment::Folder::Unknown;
        }
        let same = is_same(&self.transaction, &other.transaction)
            && is_same(&self.databases, &other.databases)
            && self.manual_commit == other.manual_commit;
        if !same {
            // What a ROLLBACK brings back, or which database it is, cannot be told.
            (self.transaction, self.databases) = (None, None);
            self.forget();
        }
    }

    /// Behind `\q`: the rest of the file, or of the branch, does not run.
    pub fn quit(&mut self) {
        if let Some(branch) = &mut self.branch {
            Arc::make_mut(branch).certainty = Certainty::Ended;
        } else {
            self.enter_file();
            self.quit();
        }
    }

    /// At the start of a file that is included here.
    pub fn enter_file(&mut self) {
        let certainty = self.certainty();
        self.branch = Some(Arc::new(Branch { outer: self.branch.clone(), certainty, condition: None }));
    }

    /// At the end of a file, where psql closes what `\if` the file left open.
    pub fn end_file(&mut self) {
        while self.branch.as_ref().is_some_and(|branch| branch.condition.is_some()) {
            self.leave_if(false);
        }
    }

    /// This moment, at the end of a file, behind the command that included it at `before`.
    pub fn leave_file(&self, before: &Moment) -> Moment {
        Moment { branch: before.branch.clone(), ..self.clone() }
    }
}
