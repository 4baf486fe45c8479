//! Where an expression stands, and what may not stand there: aggregates, window functions, functions that return sets
//! (parse_agg.c, check_srf_call_placement).

use super::statement::Analyzer;

/// The clause that an expression is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// As messages have it: `WHERE`, `JOIN conditions`.
    pub words: &'static str,
    pub aggregates: bool,
    pub windows: bool,
    pub sets: bool,
}

impl Default for Place {
    /// The target list, where all may be.
    fn default() -> Place {
        Place::TARGET
    }
}

impl Place {
    pub const TARGET: Place = Place { words: "", aggregates: true, windows: true, sets: true };

    /// Where nothing of the kind may be.
    pub const fn plain(words: &'static str) -> Place {
        Place { words, aggregates: false, windows: false, sets: false }
    }

    pub const HAVING: Place = Place { words: "HAVING", aggregates: true, windows: false, sets: false };
    pub const GROUP_BY: Place = Place { words: "GROUP BY", aggregates: false, windows: false, sets: true };
    pub const WINDOW: Place =
        Place { words: "window definitions", aggregates: true, windows: false, sets: true };
    pub const FROM_FUNCTION: Place =
        Place { words: "functions in FROM", aggregates: false, windows: false, sets: true };
    /// A subquery in FROM that sees what stands beside it.
    pub const FROM_SUBQUERY: Place = Place::plain("FROM clause of their own query level");
    pub const RETURNING: Place = Place { words: "RETURNING", aggregates: false, windows: false, sets: false };
}

/// What stands in an aggregate's arguments.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inner {
    /// The query levels whose columns are read, a bit each.
    columns: u64,
    /// The query levels that have an aggregate here, and where the last of these stands.
    aggregates: u64,
    aggregate_at: i32,
    window_at: Option<i32>,
    /// A function that returns a set is called.
    returns_set: bool,
}

impl Inner {
    pub(super) fn returns_set(self) -> bool {
        self.returns_set
    }

    /// Whether a column of that query level is read.
    pub(super) fn reads(self, level: usize) -> bool {
        self.columns & 1u64 << level.min(63) != 0
    }
}

impl Analyzer<'_> {
    pub(super) fn enter_place(&mut self, place: Place) -> Place {
        std::mem::replace(&mut self.scope_mut().place, place)
    }

    pub(super) fn leave_place(&mut self, before: Place) {
        self.scope_mut().place = before;
    }

    /// Notes that a column of that query level was read.
    pub(super) fn read_column_of(&mut self, level: usize) {
        self.inner.columns |= 1u64 << level.min(63);
    }

    pub(super) fn enter_arguments(&mut self) -> Inner {
        std::mem::take(&mut self.inner)
    }

    /// What the arguments had; it is part of what is around them, too.
    pub(super) fn leave_arguments(&mut self, outer: Inner) -> Inner {
        let inner = self.inner;
        self.inner = Inner {
            columns: outer.columns | inner.columns,
            aggregates: outer.aggregates | inner.aggregates,
            aggregate_at: if inner.aggregates != 0 { inner.aggregate_at } else { outer.aggregate_at },
            window_at: inner.window_at.or(outer.window_at),
            returns_set: inner.returns_set || outer.returns_set,
        };
        inner
    }

    /// The innermost query whose columns the arguments have.
    fn level_of(&self, inner: Inner) -> usize {
        let current = self.scopes.len().saturating_sub(1).min(62);
        let visible = inner.columns & ((1u64 << (current + 1)) - 1);
        if visible == 0 { current } else { 63 - visible.leading_zeros() as usize }
    }

    /// GROUPING, which may stand where an aggregate may.
    pub(super) fn grouping(&mut self, at: i32, inner: Inner) {
        let level = self.level_of(inner);
        if inner.aggregates & (1 << level) != 0 {
            self.report_at(inner.aggregate_at, "42803", "aggregate function calls cannot be nested");
            return;
        }
        let place = self.scopes.get(level).map(|scope| (scope.place, scope.is_query));
        if let Some((place, true)) = place
            && !place.aggregates
        {
            let message = format!("grouping operations are not allowed in {}", place.words);
            return self.report_at(at, "42803", message);
        }
        self.scope_mut().has_grouping = true;
        self.inner.aggregates |= 1 << level;
        self.inner.aggregate_at = at;
    }

    /// An aggregate: of the innermost query whose columns its arguments have (check_agglevels_and_constraints).
    pub(super) fn aggregate(&mut self, at: i32, inner: Inner) {
        let level = self.level_of(inner);
        if inner.aggregates & (1 << level) != 0 {
            self.report_at(inner.aggregate_at, "42803", "aggregate function calls cannot be nested");
            return;
        }
        if let Some(window) = inner.window_at {
            self.report_at(window, "42803", "aggregate function calls cannot contain window function calls");
            return;
        }
        let Some(scope) = self.scopes.get_mut(level) else { return };
        scope.aggregates.push(at);
        let place = scope.place;
        if !place.aggregates && scope.is_query {
            let message = format!("aggregate functions are not allowed in {}", place.words);
            self.report_at(at, "42803", message);
            return;
        }
        self.inner.aggregates |= 1 << level;
        self.inner.aggregate_at = at;
    }

    pub(super) fn window_function(&mut self, at: i32) {
        self.inner.window_at = Some(at);
        let place = self.scope().place;
        if !place.windows && self.scope().is_query {
            self.report_at(at, "42P20", format!("window functions are not allowed in {}", place.words));
        }
    }

    pub(super) fn set_returning(&mut self, at: i32) {
        self.inner.returns_set = true;
        let place = self.scope().place;
        if !place.sets && self.scope().is_query {
            self.report_at(
                at,
                "0A000",
                format!("set-returning functions are not allowed in {}", place.words),
            );
        }
    }
}
