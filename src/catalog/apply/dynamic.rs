//! DO blocks: the DDL that stands in them plainly, and whether there may be some that cannot be seen.

use crate::syntax::ast::{DoStmt, NodeEnum, Token as Kind};
use crate::syntax::grammar::{self, ParseMode, Token};

use super::{Fold, Result, Stop};

impl Fold<'_> {
    pub(super) fn do_block(&mut self, s: &DoStmt) -> Result {
        for argument in &s.args {
            let Some(NodeEnum::DefElem(element)) = &argument.node else { continue };
            let Some(NodeEnum::String(body)) = element.arg.as_ref().and_then(|arg| arg.node.as_ref()) else {
                continue;
            };
            if element.defname == "as" {
                self.block(&body.sval)?;
            }
        }
        Ok(())
    }

    fn block(&mut self, body: &str) -> Result {
        let (tokens, error) = grammar::scan(body);
        let mut tokens = tokens;
        tokens.retain(|token| !token.is_comment());
        if error.is_some() {
            return self.unknown();
        }
        let word = |n: usize| tokens.get(n).map_or("", |token| &body[token.span.start..token.span.end]);
        // The IFs and loops around a statement.
        let mut guards: Vec<Guard> = Vec::new();
        let mut n = 0;
        while n < tokens.len() {
            let starts = n == 0 || starts_statement(tokens[n - 1].kind, word(n - 1));
            let end = (n..tokens.len()).find(|&at| tokens[at].is_char(b';')).unwrap_or(tokens.len());
            let text = || &body[tokens[n].span.start..tokens.get(end).map_or(body.len(), |t| t.span.start)];
            match tokens[n].kind {
                Kind::EndP
                    if word(n + 1).eq_ignore_ascii_case("if") || word(n + 1).eq_ignore_ascii_case("loop") =>
                {
                    guards.pop();
                    n = end;
                }
                Kind::IfP if starts => {
                    let then = (n..tokens.len()).find(|&at| tokens[at].kind == Kind::Then).unwrap_or(end);
                    guards.push(self.guard(body, &tokens[n..then]));
                    n = then;
                }
                Kind::Else => {
                    if let Some(guard) = guards.last_mut() {
                        *guard = guard.otherwise();
                    }
                }
                Kind::Create | Kind::Alter | Kind::Drop | Kind::Execute if starts => {
                    let sure = guards.iter().all(|guard| *guard == Guard::Runs);
                    match tokens[n].kind {
                        _ if guards.contains(&Guard::Skips) => {}
                        Kind::Execute => self.execute(body, &tokens[n + 1..end], sure)?,
                        _ => self.plain(text(), sure)?,
                    }
                    n = end;
                }
                _ if word(n).eq_ignore_ascii_case("loop") => guards.push(Guard::Unknown),
                _ if word(n).eq_ignore_ascii_case("elsif") => {
                    if let Some(guard) = guards.last_mut() {
                        *guard = guard.otherwise();
                    }
                }
                _ => {}
            }
            n += 1;
        }
        Ok(())
    }

    /// What an IF's condition means for the statements behind it. `IF NOT EXISTS (…) THEN CREATE` leaves the same
    /// schema whether it runs or not; `to_regclass` can be answered; any other condition cannot be known.
    fn guard(&self, body: &str, condition: &[Token]) -> Guard {
        let word = |token: &Token| body[token.span.start..token.span.end].to_ascii_lowercase();
        let regclass = condition.iter().position(|token| word(token) == "to_regclass");
        if let Some(name) = regclass
            .and_then(|at| condition.get(at + 2))
            .and_then(|t| literal(&body[t.span.start..t.span.end]))
        {
            let names = condition.iter().filter(|token| word(token) == "to_regclass").count();
            if names > 1 || self.catalog.unknown_names {
                return Guard::Unknown;
            }
            // A name that is no name, as one with a comment in it, is no relation either.
            let (tokens, _) = grammar::scan(&name);
            let plain = tokens.iter().all(|token| !token.is_comment());
            let parts: Vec<&str> = name.split('.').map(|part| part.trim().trim_matches('"')).collect();
            let (schema, relation) = super::split_name(&parts);
            let exists = plain
                && (self.catalog.relation(schema, relation).is_some()
                    || self.catalog.index(schema, relation).is_some());
            let wanted = condition.iter().any(|token| token.kind == Kind::Not);
            return if exists == wanted { Guard::Runs } else { Guard::Skips };
        }
        if condition.iter().any(|token| token.kind == Kind::Exists) { Guard::Runs } else { Guard::Unknown }
    }

    /// A statement of a block. That it fails is caught there more often than not, so its errors are not told.
    fn plain(&mut self, sql: &str, sure: bool) -> Result {
        let Ok(tree) = grammar::parse(sql, ParseMode::Statements) else { return self.unknown() };
        for raw in &tree.stmts {
            let Some(node) = raw.stmt.as_ref().and_then(|node| node.node.as_ref()) else { continue };
            if !super::may_change(node) || is_beside_the_schema(node) {
                continue;
            }
            let mut inner = Fold { catalog: self.catalog.clone(), sql, changed: false };
            if !matches!(inner.statement(node), Err(Stop::Error(_))) && inner.changed {
                self.catalog = inner.catalog;
                self.changed = true;
            }
            if !sure {
                self.unknown()?;
            }
        }
        Ok(())
    }

    /// EXECUTE: a whole literal is a statement like any other; of what is put together, the beginning tells.
    fn execute(&mut self, body: &str, tokens: &[Token], sure: bool) -> Result {
        let literal = |token: &Token| literal(&body[token.span.start..token.span.end]);
        if let [only] = tokens
            && let Some(sql) = literal(only)
        {
            return self.plain(&sql, sure);
        }
        let first = tokens.iter().find(|token| token.kind == Kind::Sconst).and_then(literal);
        match first {
            Some(sql) if begins_harmless(&sql) => Ok(()),
            _ => self.unknown(),
        }
    }
}

/// Whether the statements behind a condition take effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Guard {
    Runs,
    Skips,
    Unknown,
}

impl Guard {
    fn otherwise(self) -> Guard {
        match self {
            Guard::Skips => Guard::Runs,
            Guard::Runs | Guard::Unknown => Guard::Unknown,
        }
    }
}

fn starts_statement(before: Kind, word: &str) -> bool {
    matches!(before, Kind::Then | Kind::Else | Kind::BeginP)
        || word == ";"
        || word.eq_ignore_ascii_case("loop")
}

/// Roles, rights and the like are not in the catalog, whatever happens to them.
fn is_beside_the_schema(node: &NodeEnum) -> bool {
    matches!(
        node,
        NodeEnum::CreateRoleStmt(_)
            | NodeEnum::AlterRoleStmt(_)
            | NodeEnum::AlterRoleSetStmt(_)
            | NodeEnum::DropRoleStmt(_)
            | NodeEnum::CreatePolicyStmt(_)
            | NodeEnum::AlterPolicyStmt(_)
            | NodeEnum::AlterDefaultPrivilegesStmt(_)
            | NodeEnum::AlterOwnerStmt(_)
            | NodeEnum::CreatePublicationStmt(_)
            | NodeEnum::AlterPublicationStmt(_)
    )
}

/// Whether SQL that begins so leaves relations, types and routines alone.
pub fn begins_harmless(sql: &str) -> bool {
    let lower = sql.trim_start().to_ascii_lowercase();
    let words: Vec<&str> = lower.split_whitespace().take(2).collect();
    match words.as_slice() {
        [first, ..]
            if matches!(
                *first,
                "grant" | "revoke" | "insert" | "update" | "delete" | "select" | "notify"
            ) =>
        {
            true
        }
        [first, ..]
            if matches!(
                *first,
                "comment" | "analyze" | "vacuum" | "refresh" | "reindex" | "lock" | "truncate"
            ) =>
        {
            true
        }
        [
            "create" | "alter" | "drop",
            "role" | "user" | "policy" | "publication" | "default" | "database",
        ] => true,
        _ => false,
    }
}

/// The text of a string constant as it stands in the source.
fn literal(token: &str) -> Option<String> {
    if let Some(inner) = token.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return Some(inner.replace("''", "'"));
    }
    let tag = token.strip_prefix('$')?;
    let length = tag.find('$')? + 2;
    token.get(length..token.len().checked_sub(length)?).map(str::to_owned)
}
