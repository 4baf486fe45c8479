//! A server on which histories are run, and taken back.

use std::collections::BTreeSet;

use tokio_postgres::{Client, NoTls};

use super::BEHIND;
use super::postgres::Postgres;

/// An error of the server.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub sqlstate: String,
    pub message: String,
    /// In bytes of the statement.
    pub position: Option<usize>,
    /// It comes from within a function that runs.
    pub is_in_function: bool,
}

impl Verdict {
    /// Whether it follows from what is written and defined, not from rows and rights.
    pub fn is_static(&self) -> bool {
        self.sqlstate != "42501"
            && (self.sqlstate.starts_with("42") || ["3F000", "2BP01"].contains(&self.sqlstate.as_str()))
    }

    /// Whether it says that the statement may not run in a transaction that is taken back.
    fn is_of_transactions(&self) -> bool {
        ["25001", "55P04"].contains(&self.sqlstate.as_str())
    }
}

/// What a query is given to, to be looked at and not run.
const PREPARE: &str = "PREPARE query AS ";

/// What is run of a statement behind it: a prepared query is planned, where that finds something, and forgotten.
fn aftermath(statement: &str) -> String {
    // The planner looks for the index that ON CONFLICT means.
    if !statement.to_ascii_lowercase().contains("on conflict") {
        return "DEALLOCATE query".to_owned();
    }
    let numbers = statement.split('$').skip(1).map(|rest| {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        rest[..digits].parse::<usize>().unwrap_or(0)
    });
    let count = numbers.max().unwrap_or(0);
    match count {
        0 => "EXPLAIN EXECUTE query; DEALLOCATE query".to_owned(),
        _ => format!("EXPLAIN EXECUTE query ({}NULL); DEALLOCATE query", "NULL, ".repeat(count - 1)),
    }
}

pub struct Server {
    postgres: Postgres,
    runtime: tokio::runtime::Runtime,
    /// The roles that it began with.
    roles: BTreeSet<String>,
}

/// A database of its own.
pub struct Session<'a> {
    server: &'a Server,
    database: String,
    client: Client,
}

impl Server {
    pub fn start(major: u32) -> Server {
        let postgres = Postgres::start(major);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let roles = roles(&postgres);
        Server { postgres, runtime, roles }
    }

    pub fn major(&self) -> u32 {
        self.postgres.major()
    }

    pub fn session(&self) -> Session<'_> {
        let database = self.postgres.fresh_database();
        let url = self.postgres.url(&database);
        let (client, connection) =
            self.runtime.block_on(tokio_postgres::connect(&url, NoTls)).expect("the server answers");
        self.runtime.spawn(connection);
        let session = Session { server: self, database, client };
        session.execute("SET client_min_messages = error; SET check_function_bodies = on").expect("settings");
        session
    }

    /// Removes a session with all that it made.
    pub fn end(&self, session: Session) {
        let database = session.database.clone();
        session.execute("ROLLBACK").expect("it can be taken back");
        drop(session);
        self.postgres.execute(&format!("DROP DATABASE {database} WITH (FORCE)"));
        // Other sessions may use what is left of them.
        for role in roles(&self.postgres).difference(&self.roles) {
            let _ = self.postgres.try_query_in("postgres", &format!("DROP ROLE \"{role}\""));
        }
    }
}

fn roles(postgres: &Postgres) -> BTreeSet<String> {
    postgres.query("SELECT rolname FROM pg_roles").into_iter().flatten().flatten().collect()
}

impl Session<'_> {
    fn execute(&self, statement: &str) -> Result<(), tokio_postgres::Error> {
        self.server.runtime.block_on(self.client.batch_execute(statement))
    }

    /// Runs a statement for good; a query is only prepared.
    pub fn run(&mut self, statement: &str, is_query: bool) -> Option<Verdict> {
        if !is_query {
            return self.execute(statement).err().map(|error| verdict(error, statement, 0));
        }
        let prepare = format!("{PREPARE}{statement}");
        let result = self.execute(&prepare);
        let result = result.and_then(|()| self.execute(&aftermath(statement)));
        if result.is_err() {
            self.execute("DEALLOCATE ALL").expect("it may have been prepared");
        }
        result.err().map(|error| verdict(error, &prepare, PREPARE.len()))
    }

    /// Runs statements, those that fail left out, as psql does, until some are run behind the first that fails.
    pub fn run_all<'s>(&mut self, statements: impl Iterator<Item = (&'s str, bool)>) -> Vec<Option<Verdict>> {
        let mut verdicts = Vec::new();
        let mut left = usize::MAX;
        for (statement, is_query) in statements {
            let verdict = self.run(statement, is_query);
            left = if verdict.is_some() { left.min(BEHIND) } else { left };
            verdicts.push(verdict);
            if left == 0 {
                break;
            }
            left = left.saturating_sub(usize::from(left <= BEHIND));
        }
        verdicts
    }

    /// The same, and all that they did is taken back. `None` where it depends on the transaction in which they ran.
    pub fn run_and_take_back<'s>(
        &mut self,
        statements: impl Iterator<Item = (&'s str, bool)>,
    ) -> Option<Vec<Option<Verdict>>> {
        let mut verdicts = Vec::new();
        let mut left = usize::MAX;
        self.execute("BEGIN").expect("a transaction");
        for (statement, is_query) in statements {
            let text = if is_query { format!("{PREPARE}{statement}") } else { statement.to_owned() };
            let client = &self.client;
            let both =
                async { tokio::join!(client.batch_execute("SAVEPOINT before"), client.batch_execute(&text)) };
            let (saved, result) = self.server.runtime.block_on(both);
            saved.expect("a transaction is open");
            let result = match is_query {
                true => result.and_then(|()| self.execute(&aftermath(statement))),
                false => result,
            };
            let offset = if is_query { PREPARE.len() } else { 0 };
            let verdict = result.err().map(|error| verdict(error, &text, offset));
            match &verdict {
                Some(verdict) if verdict.is_of_transactions() => {
                    self.execute("ROLLBACK").expect("a transaction's end");
                    return None;
                }
                Some(_) => {
                    self.execute("ROLLBACK TO before; DEALLOCATE ALL").expect("the savepoint is there");
                    left = left.min(BEHIND);
                }
                None => {}
            }
            verdicts.push(verdict);
            if left == 0 {
                break;
            }
            left = left.saturating_sub(usize::from(left <= BEHIND));
        }
        self.execute("ROLLBACK").expect("a transaction's end");
        Some(verdicts)
    }
}

fn verdict(error: tokio_postgres::Error, statement: &str, offset: usize) -> Verdict {
    let error = error.as_db_error().unwrap_or_else(|| panic!("{statement}: {error}"));
    let position = match error.position() {
        Some(tokio_postgres::error::ErrorPosition::Original(position)) => Some(*position),
        _ => None,
    };
    Verdict {
        sqlstate: error.code().code().to_owned(),
        message: error.message().trim_end().to_owned(),
        position: position.map(|characters| {
            let mut offsets = statement.char_indices().map(|(offset, _)| offset);
            let position = offsets.nth(characters as usize - 1).unwrap_or(statement.len());
            position.saturating_sub(offset)
        }),
        is_in_function: error.where_().is_some_and(|context| context.contains("PL/pgSQL function")),
    }
}
