//! The schema of a database as a file: what `pgwright schema --out` writes, and `schema.snapshot` names.
//!
//! It stands for the database where there is no connection, so it says which migrations had run in it, too.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::ran::Ran;
use super::snapshot::Live;
use super::source;
use crate::catalog::stored;

/// The text of such a file.
pub fn write(live: &Live) -> String {
    let mut json = stored::to_json(&live.catalog);
    if !live.ran.is_empty() {
        json["ran"] = json!(&*live.ran);
    }
    format!("{json:#}\n")
}

/// What such a file says. An error says in words why it cannot be used.
pub fn read(path: &Path) -> Result<Live, String> {
    let text = source::read(path).map_err(|reason| format!("{}: {reason}", path.display()))?;
    parse(&text).map_err(|reason| format!("{}: {reason}", path.display()))
}

fn parse(text: &str) -> Result<Live, String> {
    let mut json: Value = serde_json::from_str(text).map_err(|error| format!("no JSON: {error}"))?;
    let ran = json.as_object_mut().and_then(|object| object.remove("ran"));
    let ran: Vec<Ran> = match ran {
        Some(ran) => serde_json::from_value(ran).map_err(|error| format!("ran: {error}"))?,
        None => Vec::new(),
    };
    let catalog = stored::from_json(json)?;
    // A schema that was folded has no server.
    let version = catalog.server_version.unwrap_or(super::snapshot::NEWEST);
    Ok(Live { version, catalog: Arc::new(catalog), statistics: Arc::default(), ran: ran.into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::model::Catalog;
    use crate::workspace::framework::Framework;
    use crate::workspace::ran::Record;

    #[test]
    fn what_was_written_is_read_back() {
        let record = Record { version: "1".into(), name: "a.sql".into(), ..Record::default() };
        let ran = vec![Ran { framework: Framework::Goose, records: vec![record] }];
        let mut catalog = Catalog::default();
        catalog.server_version = Some(150_004);
        let live = Live {
            catalog: Arc::new(catalog),
            statistics: Arc::default(),
            version: 150_004,
            ran: ran.into(),
        };
        let read = parse(&write(&live)).unwrap();
        assert_eq!((&read.catalog, read.version, &read.ran), (&live.catalog, live.version, &live.ran));
        assert!(parse("{").unwrap_err().starts_with("no JSON"));
    }
}
