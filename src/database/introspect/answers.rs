//! Queries that are sent all at once and answered one after the other, row by row: no answer is ever held whole.

use std::collections::VecDeque;
use std::pin::{Pin, pin};

use futures::{Future, TryStreamExt, poll};
use tokio_postgres::types::Type as SqlType;
use tokio_postgres::{Client, Error, Row, RowStream};

use super::Hears;

/// A query by the word for what it reads.
pub struct Query {
    pub what: &'static str,
    pub sql: String,
}

/// An error, and which query it came from.
#[derive(Debug)]
pub struct Refused {
    pub what: Option<&'static str>,
    pub error: Error,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Refused {
        Refused { what: None, error }
    }
}

type Pending<'a> = Pin<Box<dyn Future<Output = Result<RowStream, Error>> + Send + 'a>>;

enum Sent<'a> {
    Waiting(Pending<'a>),
    Answered(Result<RowStream, Error>),
}

/// The answers that are still to come, in the order of their queries.
pub struct Answers<'a> {
    waiting: VecDeque<(&'static str, Sent<'a>)>,
    queries: usize,
    hears: Hears<'a>,
}

impl<'a> Answers<'a> {
    /// Sends the queries. `$1` is `locked` where one of them asks for it.
    pub async fn ask(
        client: &'a Client,
        queries: Vec<Query>,
        locked: &[u32],
        hears: Hears<'a>,
    ) -> Answers<'a> {
        let mut waiting = VecDeque::with_capacity(queries.len());
        for Query { what, sql } in queries {
            let locked = locked.to_vec();
            let mut answer: Pending = Box::pin(async move {
                let parameters = sql.contains("$1").then_some((locked, SqlType::OID_ARRAY));
                client.query_typed_raw(&sql, parameters).await
            });
            // The first look at it sends the query. The driver then holds back what nobody has asked for yet.
            let sent = match poll!(&mut answer) {
                std::task::Poll::Ready(outcome) => Sent::Answered(outcome),
                std::task::Poll::Pending => Sent::Waiting(answer),
            };
            waiting.push_back((what, sent));
        }
        Answers { queries: waiting.len(), waiting, hears }
    }

    /// Hands on the rows of the next answer, which is that to `what`; none where that was not asked.
    pub async fn each(&mut self, what: &'static str, mut take: impl FnMut(&Row)) -> Result<(), Refused> {
        if self.waiting.front().is_none_or(|(next, _)| *next != what) {
            return Ok(());
        }
        let Some((_, sent)) = self.waiting.pop_front() else { return Ok(()) };
        let refused = |error| Refused { what: Some(what), error };
        let rows = match sent {
            Sent::Waiting(answer) => answer.await,
            Sent::Answered(outcome) => outcome,
        };
        let mut rows = pin!(rows.map_err(refused)?);
        while let Some(row) = rows.try_next().await.map_err(refused)? {
            take(&row);
        }
        let done = self.queries - self.waiting.len();
        (self.hears.progress)((done * 80 / self.queries) as u8);
        Ok(())
    }

    /// The same as a whole, for kinds of objects of which there are not many.
    pub async fn rows(&mut self, what: &'static str) -> Result<Vec<Row>, Refused> {
        let mut rows = Vec::new();
        self.each(what, |row| rows.push(row.clone())).await?;
        Ok(rows)
    }
}
