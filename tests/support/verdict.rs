//! What a running PostgreSQL says of statements. The test has `support/postgres.rs` as its module `postgres`.

#![allow(dead_code, reason = "each test uses a part of it")]

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub sqlstate: String,
    pub message: String,
    /// In bytes of the statement.
    pub position: Option<usize>,
}

/// What PostgreSQL's Describe says of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    pub parameters: Vec<String>,
    /// Names and types.
    pub columns: Vec<(String, String)>,
}

/// A connection on which statements are run and taken back.
pub struct Server {
    runtime: tokio::runtime::Runtime,
    client: tokio_postgres::Client,
    url: String,
    /// Types by their numbers.
    types: std::cell::RefCell<std::collections::HashMap<u32, String>>,
}

impl Server {
    pub fn start(major: u32) -> Server {
        let server = super::postgres::shared(major);
        let url = server.url(&server.fresh_database());
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (client, connection) =
            runtime.block_on(tokio_postgres::connect(&url, tokio_postgres::NoTls)).unwrap();
        runtime.spawn(connection);
        Server { runtime, client, url, types: Default::default() }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn verdict(&self, statement: &str) -> Option<Verdict> {
        assert_eq!(self.run("BEGIN"), None);
        let verdict = self.run(statement);
        assert_eq!(self.run("ROLLBACK"), None);
        verdict
    }

    /// What a statement is found to be, without running it.
    pub fn describe(&self, statement: &str) -> Result<Described, Verdict> {
        let prepared = match self.runtime.block_on(self.client.prepare(statement)) {
            Ok(prepared) => prepared,
            Err(error) => return Err(verdict(error, statement)),
        };
        let of = |ty: &tokio_postgres::types::Type| self.type_text(ty.oid());
        Ok(Described {
            parameters: prepared.params().iter().map(of).collect(),
            columns: (prepared.columns().iter())
                .map(|column| {
                    (column.name().to_owned(), self.modified(column.type_().oid(), column.type_modifier()))
                })
                .collect(),
        })
    }

    /// Which columns of a query's rows are NULL in some row; `None` where it fails when it runs.
    pub fn nulls(&self, query: &str) -> Option<Vec<bool>> {
        let rows = self.runtime.block_on(self.client.simple_query(query)).ok()?;
        let mut nulls = Vec::new();
        for message in rows {
            let tokio_postgres::SimpleQueryMessage::Row(row) = message else { continue };
            nulls.resize(row.len(), false);
            (0..row.len()).for_each(|n| nulls[n] |= row.get(n).is_none());
        }
        Some(nulls)
    }

    /// A type with its modifier.
    fn modified(&self, oid: u32, modifier: i32) -> String {
        match modifier {
            ..0 => self.type_text(oid),
            _ => {
                let names = self.names(&format!("SELECT format_type({oid}, {modifier})"));
                names.into_iter().next().unwrap_or_default()
            }
        }
    }

    fn type_text(&self, oid: u32) -> String {
        if let Some(known) = self.types.borrow().get(&oid) {
            return known.clone();
        }
        let query = format!("SELECT format_type({oid}, NULL)");
        let text = self.names(&query).into_iter().next().unwrap_or_default();
        self.types.borrow_mut().insert(oid, text.clone());
        text
    }

    /// Runs a statement for good.
    pub fn run(&self, statement: &str) -> Option<Verdict> {
        let error = self.runtime.block_on(self.client.batch_execute(statement)).err()?;
        Some(verdict(error, statement))
    }

    /// The first cells of a query's rows.
    pub fn names(&self, query: &str) -> std::collections::BTreeSet<String> {
        let rows = self.runtime.block_on(self.client.simple_query(query)).unwrap();
        let names = rows.iter().filter_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        });
        names.collect()
    }
}

fn verdict(error: tokio_postgres::Error, statement: &str) -> Verdict {
    let error = error.as_db_error().unwrap_or_else(|| panic!("{statement}: {error}"));
    let position = match error.position() {
        Some(tokio_postgres::error::ErrorPosition::Original(position)) => Some(*position),
        _ => None,
    };
    Verdict {
        sqlstate: error.code().code().to_owned(),
        message: error.message().to_owned(),
        position: position.map(|characters| {
            let mut offsets = statement.char_indices().map(|(offset, _)| offset);
            offsets.nth(characters as usize - 1).unwrap_or(statement.len())
        }),
    }
}
