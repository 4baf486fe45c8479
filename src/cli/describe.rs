//! `pgwright describe`: what each query of a file takes and gives, as PostgreSQL's Describe tells it, without a server.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::output::outln;
use super::sources::{self, Failure};
use crate::analysis::{self, Analysis};
use crate::catalog::TypeRef;
use crate::catalog::typing::Types;
use crate::ide::View;
use crate::syntax::ast::NodeEnum;
use crate::syntax::tag::tag;
use crate::syntax::{Parse, StatementKind};
use crate::workspace::snapshot::{OpenDocument, Snapshot};
use crate::workspace::source;

#[derive(Args)]
pub struct Arguments {
    /// The files to describe.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// A file or a folder of migrations with the schema, applied first.
    #[arg(long)]
    schema: Option<PathBuf>,
    /// The URL of a live database to take the schema from.
    #[arg(long)]
    database: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// A statement with what it takes and gives.
struct Described {
    line: usize,
    start: usize,
    end: usize,
    command: String,
    /// As they are written, with their types.
    parameters: Vec<(String, Option<String>)>,
    columns: Vec<Column>,
    /// What is wrong with it; its columns are then as good as they can be told.
    errors: Vec<(String, String)>,
}

struct Column {
    name: String,
    ty: Option<String>,
    not_null: bool,
}

/// Describes the queries of files. 0: all of them; 1: there are errors; 2: a usage or input error.
pub fn run(arguments: &Arguments, runtime: &Runtime) -> i32 {
    match describe(arguments, runtime) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("pgwright: {failure}");
            2
        }
    }
}

fn describe(arguments: &Arguments, runtime: &Runtime) -> Result<i32, Failure> {
    let named = arguments.schema.as_deref().map(sources::named_schema).transpose()?;
    let live =
        arguments.database.as_deref().map(|url| sources::database(url, runtime)).transpose()?.map(Arc::new);
    let mut files = Vec::new();
    let mut has_errors = false;
    for path in &arguments.files {
        let mut state = match &named {
            Some(named) => named.clone(),
            None => sources::found_schema(path)?,
        };
        sources::complain(&state);
        state.live = live.clone().or_else(|| state.stored.clone());
        let described = of_file(path, Snapshot { folders: vec![state], ..Snapshot::default() })?;
        has_errors |= described.iter().any(|described| !described.errors.is_empty());
        match arguments.format {
            Format::Text => print_text(path, &described),
            Format::Json => files.push(json!({
                "path": path.to_string_lossy(),
                "statements": described.iter().map(as_json).collect::<Vec<_>>(),
            })),
        }
    }
    if arguments.format == Format::Json {
        outln!("{}", json!({ "version": 1, "files": files }));
    }
    Ok(i32::from(has_errors))
}

fn of_file(path: &Path, snapshot: Snapshot) -> Result<Vec<Described>, Failure> {
    let text = source::read(path).map_err(|reason| format!("{}: {reason}", path.display()))?;
    let document = OpenDocument::new(String::new(), Some(sources::absolute(path)), 0, &text);
    let Some(timeline) = snapshot.timeline(&document) else { return Ok(Vec::new()) };
    let state = &snapshot.folders[0];
    let view = View {
        script: &document.script,
        timeline: &timeline,
        cache: &snapshot.shared.cache,
        statistics: None,
        version: state.version(),
        end: None,
        notes: Vec::new(),
    };
    let mut found = Vec::new();
    for placed in document.script.statements() {
        if placed.statement.kind != StatementKind::Sql {
            continue;
        }
        let code = placed.code();
        let at = view.open(placed);
        let Some(node) = at.parse.node().filter(|node| is_query(node)) else { continue };
        let analysis = analysis::analyze(&at.parse, &at.catalog);
        found.push(Described {
            line: text[..code.start.min(text.len())].matches('\n').count() + 1,
            start: code.start,
            end: code.end,
            command: tag(node),
            parameters: parameters(&at.parse, &analysis, Types::new(&at.catalog)),
            columns: columns(&analysis, Types::new(&at.catalog)),
            errors: (analysis.diagnostics.iter())
                .map(|diagnostic| (diagnostic.sqlstate.to_owned(), diagnostic.message.clone()))
                .collect(),
        });
    }
    Ok(found)
}

fn is_query(node: &NodeEnum) -> bool {
    use NodeEnum::*;
    matches!(node, SelectStmt(_) | InsertStmt(_) | UpdateStmt(_) | DeleteStmt(_) | MergeStmt(_))
}

/// A type with its modifier; `None` of what is not known.
fn type_text(ty: &TypeRef, types: Types) -> Option<String> {
    (*ty != TypeRef::Unknown).then(|| types.print_with_modifier(ty))
}

/// Each parameter once, in the order of PostgreSQL's numbers.
fn parameters(parse: &Parse, analysis: &Analysis, types: Types) -> Vec<(String, Option<String>)> {
    let mut written: Vec<(u32, &str)> = (parse.parameters.iter())
        .filter(|parameter| parameter.number > 0)
        .map(|parameter| (parameter.number, parameter.text.as_str()))
        .collect();
    written.sort();
    written.dedup_by_key(|(number, _)| *number);
    let of = |(number, text): (u32, &str)| {
        let ty = analysis.parameters.get(number as usize - 1);
        (text.to_owned(), ty.and_then(|ty| type_text(ty, types)))
    };
    written.into_iter().map(of).collect()
}

fn columns(analysis: &Analysis, types: Types) -> Vec<Column> {
    let of = |output: &analysis::OutputColumn| Column {
        name: output.name.to_string(),
        ty: type_text(&output.ty, types),
        not_null: output.not_null && output.ty != TypeRef::Unknown,
    };
    analysis.outputs.iter().map(of).collect()
}

fn print_text(path: &Path, described: &[Described]) {
    for statement in described {
        outln!("{}:{} {}", path.display(), statement.line, statement.command);
        for (name, ty) in &statement.parameters {
            outln!("  {name} {}", ty.as_deref().unwrap_or("unknown"));
        }
        for column in &statement.columns {
            let not_null = if column.not_null { " NOT NULL" } else { "" };
            let name = crate::catalog::quote::identifier(&column.name);
            outln!("  → {name} {}{not_null}", column.ty.as_deref().unwrap_or("unknown"));
        }
        for (sqlstate, message) in &statement.errors {
            outln!("  error[{sqlstate}]: {message}");
        }
    }
}

fn as_json(statement: &Described) -> Value {
    json!({
        "line": statement.line,
        "start": statement.start,
        "end": statement.end,
        "command": statement.command,
        "parameters": statement.parameters.iter()
            .map(|(name, ty)| json!({ "name": name, "type": ty }))
            .collect::<Vec<_>>(),
        "columns": statement.columns.iter()
            .map(|column| json!({ "name": column.name, "type": column.ty, "nullable": !column.not_null }))
            .collect::<Vec<_>>(),
        "errors": statement.errors.iter()
            .map(|(code, message)| json!({ "code": code, "message": message }))
            .collect::<Vec<_>>(),
    })
}
