//! WITH (parse_cte.c).

use std::sync::Arc;

use super::collate::Collation;
use super::from_clause::scope_column;
use super::scope::ScopeColumn;
use super::statement::{Analyzer, strings};
use super::typed::Typed;
use super::{Diagnostic, OutputColumn, Reference, Symbol};
use crate::catalog::model::Name;
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{Answer, builtin_name, same};
use crate::syntax::ast::{CommonTableExpr, NodeEnum, SelectStmt, WithClause};
use crate::text::Span;

/// A common table expression that can be named.
#[derive(Clone, Debug)]
pub struct Cte {
    pub name: Name,
    pub columns: Arc<Vec<ScopeColumn>>,
    pub unknown_columns: bool,
    /// It changes rows and has no RETURNING, so that there is nothing to read of it.
    pub lacks_returning: bool,
    /// It is what its own recursive part reads.
    pub is_being_made: bool,
}

impl Analyzer<'_> {
    /// Analyzes the CTEs of `with` and makes them visible; the caller truncates `self.ctes` behind its statement.
    pub(super) fn with_clause(&mut self, with: Option<&WithClause>) {
        let Some(with) = with else { return };
        let ctes: Vec<&CommonTableExpr> = with
            .ctes
            .iter()
            .filter_map(|node| match &node.node {
                Some(NodeEnum::CommonTableExpr(cte)) => Some(&**cte),
                _ => None,
            })
            .collect();
        for (n, cte) in ctes.iter().enumerate() {
            if ctes[..n].iter().any(|other| other.ctename == cte.ctename) {
                let message = format!("WITH query name \"{}\" specified more than once", cte.ctename);
                self.report_at(cte.location, "42712", message);
            }
        }
        let visible = self.ctes.len();
        if with.recursive {
            // Any of them may name any other; of those that come later only the name is known by then.
            for cte in &ctes {
                self.ctes.push(Cte {
                    name: cte.ctename.as_str().into(),
                    columns: Arc::default(),
                    unknown_columns: true,
                    lacks_returning: false,
                    is_being_made: false,
                });
            }
        }
        for (n, cte) in ctes.iter().enumerate() {
            let name: Name = cte.ctename.as_str().into();
            if let Some(span) = self.tokens.part(cte.location, 0) {
                self.out.references.push(Reference { span, symbol: Symbol::Cte(name.clone()) });
            }
            self.cte_version(cte);
            let aliases = strings(&cte.aliascolnames);
            if with.recursive {
                self.check_recursion(cte);
            }
            let mut first_types = None;
            if with.recursive
                && let Some(first) = first_arm(cte)
            {
                // The recursive arm reads the columns that the first arm gives.
                let quiet = self.quietly(|this| this.select(first));
                first_types = (!quiet.unknown).then(|| quiet.columns.clone());
                self.ctes[visible + n] = self.cte(name.clone(), quiet, &aliases, cte);
                self.ctes[visible + n].is_being_made = true;
            }
            let outputs = cte.ctequery.as_deref().map(|query| self.query(query)).unwrap_or_default();
            if let Some(first) = first_types.filter(|_| !outputs.unknown) {
                self.check_recursive_types(&name, &first, &outputs);
            }
            let is_known = !outputs.unknown;
            let mut made = self.cte(name, outputs, &aliases, cte);
            let mut columns = Arc::unwrap_or_clone(made.columns);
            self.search_and_cycle(cte, with.recursive, &mut columns, is_known);
            made.columns = Arc::new(columns);
            made.unknown_columns &= !is_known;
            if with.recursive {
                self.ctes[visible + n] = made;
            } else {
                self.ctes.push(made);
            }
        }
    }

    /// The recursive arm may not make another type of what the first one gives.
    fn check_recursive_types(&mut self, name: &Name, first: &[OutputColumn], outputs: &Outputs) {
        for (n, (first, output)) in first.iter().zip(&outputs.columns).enumerate() {
            if first.ty == TypeRef::Unknown || output.ty == TypeRef::Unknown {
                continue;
            }
            if same(&first.ty, &output.ty) && first.ty.typmod() == output.ty.typmod() {
                let all = match &output.collation {
                    Collation::None if self.is_collatable(&output.ty) == Answer::Yes => Some("(null)"),
                    other => other.name().map(|name| &**name),
                };
                if let (Some(one), Some(all)) = (first.collation.name(), all)
                    && **one != *all
                {
                    let message = format!(
                        "recursive query \"{name}\" column {} has collation \"{one}\" in non-recursive term but collation \"{all}\" overall",
                        n + 1
                    );
                    let at = outputs.exprs.get(n).map_or(-1, |expr| expr.location);
                    let hint = "Use the COLLATE clause to set the collation of the non-recursive term.";
                    self.report_hinting(at, "42P21", message, Some(hint));
                    return;
                }
                continue;
            }
            // Here a missing modifier is said, which the standard's word for the type has not.
            let print = |ty: &TypeRef| match builtin_name(ty) {
                Some("bpchar") if ty.typmod() < 0 => "bpchar".to_owned(),
                Some("bit") if ty.typmod() < 0 => "\"bit\"".to_owned(),
                _ => self.types.print_with_modifier(ty),
            };
            let (one, all) = (print(&first.ty), print(&output.ty));
            let message = format!(
                "recursive query \"{name}\" column {} has type {one} in non-recursive term but type {all} overall",
                n + 1
            );
            let at = outputs.exprs.get(n).map_or(-1, |expr| expr.location);
            let hint = "Cast the output of the non-recursive term to the correct type.";
            self.report_hinting(at, "42804", message, Some(hint));
            return;
        }
    }

    /// Of a WITH query as a whole. That of CREATE RECURSIVE VIEW is written nowhere.
    pub(super) fn report_cte(&mut self, cte: &CommonTableExpr, sqlstate: &'static str, message: String) {
        match cte.location {
            ..0 => self.report_whole(Diagnostic::new(Span::at(0), sqlstate, message)),
            at => self.report_at(at, sqlstate, message),
        }
    }

    fn cte(&mut self, name: Name, outputs: Outputs, aliases: &[Name], cte: &CommonTableExpr) -> Cte {
        let is_recursive = first_arm(cte).is_some();
        let mut columns: Vec<ScopeColumn> = outputs
            .columns
            .into_iter()
            // A recursive part may give what the first one does not.
            .map(|output| OutputColumn { not_null: output.not_null && !is_recursive, ..output })
            .map(scope_column)
            .collect();
        for (n, alias) in aliases.iter().enumerate() {
            match columns.get_mut(n) {
                Some(column) => column.name = alias.clone(),
                None if outputs.unknown => {
                    columns.push(super::relation::derived(alias.clone(), crate::catalog::TypeRef::Unknown));
                }
                None => {}
            }
        }
        if aliases.len() > columns.len() && !outputs.unknown {
            let message = format!(
                "WITH query \"{}\" has {} columns available but {} columns specified",
                cte.ctename,
                columns.len(),
                aliases.len()
            );
            self.report_cte(cte, "42P10", message);
        }
        // With a name for each column there is no other.
        let unknown_columns = outputs.unknown && aliases.is_empty()
            || cte.search_clause.is_some()
            || cte.cycle_clause.is_some();
        let lacks_returning = match cte.ctequery.as_ref().and_then(|query| query.node.as_ref()) {
            Some(NodeEnum::InsertStmt(insert)) => insert.returning_clause.is_none(),
            Some(NodeEnum::UpdateStmt(update)) => update.returning_clause.is_none(),
            Some(NodeEnum::DeleteStmt(delete)) => delete.returning_clause.is_none(),
            Some(NodeEnum::MergeStmt(merge)) => merge.returning_clause.is_none(),
            _ => false,
        };
        Cte { name, columns: Arc::new(columns), unknown_columns, lacks_returning, is_being_made: false }
    }

    pub(super) fn find_cte(&self, name: &str) -> Option<Cte> {
        self.ctes.iter().rev().find(|cte| *cte.name == *name).cloned()
    }

    pub(super) fn cte_names(&self) -> impl Iterator<Item = &str> {
        self.ctes.iter().map(|cte| &*cte.name)
    }
}

/// What a query gives.
#[derive(Clone, Debug, Default)]
pub struct Outputs {
    pub columns: Vec<OutputColumn>,
    /// The expression of each column.
    pub exprs: Vec<Typed>,
    /// There may be others, or these may be others.
    pub unknown: bool,
}

/// The arm of a recursive CTE that does not recurse: the left one of its UNION.
fn first_arm(cte: &CommonTableExpr) -> Option<&SelectStmt> {
    match cte.ctequery.as_ref()?.node.as_ref()? {
        NodeEnum::SelectStmt(select) => select.larg.as_deref(),
        _ => None,
    }
}

/// Whether a WITH holds what changes data.
pub(super) fn changes_data(with: Option<&WithClause>) -> bool {
    with.is_some_and(|with| {
        with.ctes.iter().any(|node| {
            let Some(NodeEnum::CommonTableExpr(cte)) = &node.node else { return false };
            let query = cte.ctequery.as_ref().and_then(|query| query.node.as_ref());
            query.is_some_and(|query| !matches!(query, NodeEnum::SelectStmt(_)))
        })
    })
}
