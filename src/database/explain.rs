//! The plan that a statement would get. Nothing is ever executed: plain `EXPLAIN`, never with ANALYZE.
//!
//! Planning can run functions that are declared stable or immutable, so it happens in a read-only transaction with a
//! time limit. The text must be one SELECT, INSERT, UPDATE, DELETE, MERGE or VALUES, as our parser sees it and as the
//! server does: it reaches the server through the extended protocol first, which takes one statement and no more.

use std::fmt;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::oneshot;
use tokio_postgres::error::ErrorPosition;
use tokio_postgres::types::{FromSql, Type as SqlType};
use tokio_postgres::{Client, Error, SimpleQueryMessage};

use super::connection::{self, Connection, Limits};
use crate::plan::Plan;
use crate::syntax::STACK;
use crate::syntax::ast::{NodeEnum, SelectStmt, Token as TokenKind};
use crate::syntax::grammar::{self, ParseMode};

/// How long planning may take, and wait for a table that is being altered.
pub const LIMITS: Limits = Limits { statement: Duration::from_secs(3), lock: Duration::from_millis(500) };

/// GENERIC_PLAN of EXPLAIN.
const GENERIC_PLAN_SINCE: u32 = 160_000;

/// Our statement's name: it exists inside one transaction.
const NAME: &str = "pgwright_explain";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExplainErrorKind {
    /// The text is not one statement that has a plan.
    NotExplainable,
    /// PostgreSQL has something against the statement.
    Rejected,
    /// Planning took too long, or waited too long for a lock.
    TimedOut,
    /// There is no connection, or it was lost meanwhile.
    Unavailable,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainError {
    pub kind: ExplainErrorKind,
    pub message: String,
    pub sqlstate: Option<String>,
    /// Where PostgreSQL points, in bytes of the statement's text.
    pub offset: Option<usize>,
}

impl ExplainError {
    pub(super) fn new(kind: ExplainErrorKind, message: impl Into<String>) -> ExplainError {
        ExplainError { kind, message: message.into(), sqlstate: None, offset: None }
    }
}

impl fmt::Display for ExplainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ExplainError {}

/// The plan of `sql`, which may have parameters (`$1`): then it is the plan for any values of them.
pub async fn explain(connection: &Connection, sql: &str, limits: Limits) -> Result<Plan, ExplainError> {
    let sql = sql.trim_end();
    let parameters = check(sql).await?;
    let client = &connection.client;
    connection::begin(client, limits).await.map_err(|error| explain_error(&error, sql, ""))?;
    let outcome = match parameters {
        false => plain(client, sql).await,
        true => generic(client, sql, connection.version).await,
    };
    let ended = connection::rollback(client).await;
    let value = outcome?;
    ended.map_err(|error| explain_error(&error, sql, ""))?;
    Plan::from_json(value)
        .map_err(|error| ExplainError::new(ExplainErrorKind::NotExplainable, error.to_string()))
}

async fn plain(client: &Client, sql: &str) -> Result<Value, ExplainError> {
    const PREFIX: &str = "EXPLAIN (FORMAT JSON) ";
    let rows = client.query_typed(&format!("{PREFIX}{sql}"), &[]).await;
    let rows = rows.map_err(|error| explain_error(&error, sql, PREFIX))?;
    json(rows.first().map(|row| row.get::<_, Json<'_>>(0).0).unwrap_or_default())
}

async fn generic(client: &Client, sql: &str, version: u32) -> Result<Value, ExplainError> {
    // PREPARE takes what has a plan and nothing else, and the extended protocol one statement and nothing more.
    let prefix = format!("PREPARE {NAME} AS ");
    let prepared = client.query_typed(&format!("{prefix}{sql}"), &[]).await;
    prepared.map_err(|error| explain_error(&error, sql, &prefix))?;
    let other = |error: Error| explain_error(&error, sql, "");
    if version >= GENERIC_PLAN_SINCE {
        client.batch_execute(&format!("DEALLOCATE {NAME}")).await.map_err(other)?;
        // In the extended protocol the parameters would be the protocol's own, with values, and the plan not generic.
        const PREFIX: &str = "EXPLAIN (GENERIC_PLAN, FORMAT JSON) ";
        let messages = client.simple_query(&format!("{PREFIX}{sql}")).await;
        let messages = messages.map_err(|error| explain_error(&error, sql, PREFIX))?;
        let text = messages.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        return json(text.unwrap_or_default());
    }
    // A prepared statement outlives a rollback, so that it must go by itself, also after an error.
    client
        .batch_execute("SAVEPOINT explain; SET LOCAL plan_cache_mode = force_generic_plan")
        .await
        .map_err(other)?;
    let explained = execute(client).await;
    if explained.is_err() {
        client.batch_execute("ROLLBACK TO SAVEPOINT explain").await.map_err(other)?;
    }
    client.batch_execute(&format!("DEALLOCATE {NAME}")).await.map_err(other)?;
    json(&explained.map_err(other)?)
}

async fn execute(client: &Client) -> Result<String, Error> {
    let rows = client
        .query_typed(
            "SELECT cardinality(parameter_types) FROM pg_catalog.pg_prepared_statements WHERE name = $1",
            &[(&NAME, SqlType::TEXT)],
        )
        .await?;
    let count = rows.first().map_or(0, |row| row.get::<_, i32>(0)) as usize;
    let nulls = vec!["NULL"; count].join(", ");
    let arguments = if count > 0 { format!("({nulls})") } else { String::new() };
    let rows = client.query_typed(&format!("EXPLAIN (FORMAT JSON) EXECUTE {NAME}{arguments}"), &[]).await?;
    Ok(rows.first().map(|row| row.get::<_, Json<'_>>(0).0.to_owned()).unwrap_or_default())
}

/// The text of a value of type json.
struct Json<'a>(&'a str);

impl<'a> FromSql<'a> for Json<'a> {
    fn from_sql(_: &SqlType, raw: &'a [u8]) -> Result<Json<'a>, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Json(std::str::from_utf8(raw)?))
    }

    fn accepts(ty: &SqlType) -> bool {
        *ty == SqlType::JSON
    }
}

fn json(text: &str) -> Result<Value, ExplainError> {
    serde_json::from_str(text).map_err(|error| {
        ExplainError::new(
            ExplainErrorKind::NotExplainable,
            format!("EXPLAIN's answer cannot be read: {error}"),
        )
    })
}

/// Whether `sql` is one statement that has a plan, and whether it has parameters.
async fn check(sql: &str) -> Result<bool, ExplainError> {
    let (sender, receiver) = oneshot::channel();
    let text = sql.to_owned();
    // The runtime's threads may have small stacks.
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(move || {
        let _ = sender.send(check_text(&text));
    });
    let broken = || ExplainError::new(ExplainErrorKind::NotExplainable, "the statement cannot be parsed");
    thread.map_err(|_| broken())?;
    receiver.await.map_err(|_| broken())?
}

fn check_text(sql: &str) -> Result<bool, ExplainError> {
    let not = |message: &str| Err(ExplainError::new(ExplainErrorKind::NotExplainable, message));
    let tree = grammar::parse(sql, ParseMode::Statements).map_err(|error| ExplainError {
        kind: ExplainErrorKind::Rejected,
        message: error.message,
        sqlstate: Some(error.sqlstate.to_owned()),
        offset: error.offset,
    })?;
    let [statement] = tree.stmts.as_slice() else { return not("only one statement at a time has a plan") };
    match statement.stmt.as_ref().and_then(|statement| statement.node.as_ref()) {
        Some(NodeEnum::SelectStmt(select)) if creates_table(select) => {
            return not("SELECT INTO creates a table");
        }
        Some(
            NodeEnum::SelectStmt(_)
            | NodeEnum::InsertStmt(_)
            | NodeEnum::UpdateStmt(_)
            | NodeEnum::DeleteStmt(_)
            | NodeEnum::MergeStmt(_),
        ) => {}
        _ => return not("only SELECT, INSERT, UPDATE, DELETE, MERGE and VALUES have a plan"),
    }
    Ok(grammar::scan(sql).0.iter().any(|token| token.kind == TokenKind::Param))
}

/// `INTO` stands in the first SELECT of a UNION.
fn creates_table(select: &SelectStmt) -> bool {
    select.into_clause.is_some() || select.larg.as_ref().is_some_and(|left| creates_table(left))
}

/// The server's error, where it points taken back to the statement's own text.
fn explain_error(error: &Error, sql: &str, prefix: &str) -> ExplainError {
    let Some(db) = error.as_db_error() else {
        return ExplainError::new(ExplainErrorKind::Unavailable, "the connection to the database was lost");
    };
    let code = db.code().code();
    let (kind, message) = match code {
        "57014" => (ExplainErrorKind::TimedOut, "planning the statement took too long".to_owned()),
        "55P03" => {
            (ExplainErrorKind::TimedOut, "a table of the statement is locked by somebody else".to_owned())
        }
        "57P01" | "57P02" | "57P03" => {
            (ExplainErrorKind::Unavailable, "the connection to the database was lost".to_owned())
        }
        _ => (ExplainErrorKind::Rejected, db.message().to_owned()),
    };
    let offset = match db.position() {
        Some(ErrorPosition::Original(position)) if !prefix.is_empty() => {
            let characters = (*position as usize).saturating_sub(1).checked_sub(prefix.chars().count());
            characters.map(|n| sql.char_indices().nth(n).map_or(sql.len(), |(offset, _)| offset))
        }
        _ => None,
    };
    ExplainError { kind, message, sqlstate: Some(code.to_owned()), offset }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_statement_with_a_plan_passes() {
        for (sql, parameters) in [
            ("select 1", false),
            ("select '$1' -- $2", false),
            ("select $1;", true),
            ("values (1)", false),
            ("with x as (delete from t returning *) select * from x", false),
            ("insert into t values ($1)", true),
            ("update t set a = 1", false),
            ("delete from t where id = $1", true),
            ("merge into t using u on t.id = u.id when matched then delete", false),
        ] {
            assert_eq!(check_text(sql), Ok(parameters), "{sql}");
        }
        for sql in [
            "",
            "-- nothing",
            "select 1; drop table x",
            "select 1; select 2",
            "select * into u from t",
            "select 1 into u union select 2",
            "create table u as select 1",
            "explain analyze select 1",
            "explain select 1",
            "commit",
            "do $$ begin end $$",
            "call f()",
            "execute x",
            "declare c cursor for select 1",
            "copy t to stdout",
        ] {
            assert_eq!(check_text(sql).unwrap_err().kind, ExplainErrorKind::NotExplainable, "{sql}");
        }
        let error = check_text("select 'é' frm t t").unwrap_err();
        assert_eq!((error.kind, error.offset), (ExplainErrorKind::Rejected, Some("select 'é' frm ".len())));
    }
}
