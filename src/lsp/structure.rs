//! The handlers for what a text's structure tells: symbols, folding, selection, highlights, links, on-type edits.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tower_lsp_server::jsonrpc::Result;
use tower_lsp_server::ls_types::*;

use super::backend::Backend;
use super::convert;
use super::semantic_tokens::Tokens;
use crate::ide::folding::{self, Fold, Folds};
use crate::ide::written::Kept;
use crate::ide::{highlight, on_type, selection, symbols, syntax_tree};
use crate::text::{Document, PositionEncoding};
use crate::workspace::include::Resolver;
use crate::workspace::snapshot::Snapshot;

/// What is kept of one document's statements, so that an answer costs what changed since the last one.
#[derive(Debug, Default)]
pub struct Structure {
    symbols: Kept<Option<symbols::Symbol>>,
    folds: Kept<Folds>,
    pub(super) tokens: Tokens,
}

/// The same for all open documents, by URI.
#[derive(Debug, Default)]
pub struct Structures {
    documents: Mutex<HashMap<String, Arc<Structure>>>,
}

impl Structures {
    /// What is kept of a document; what was kept of those that are closed is dropped.
    pub fn of(&self, snapshot: &Snapshot, uri: &str) -> Arc<Structure> {
        let mut documents = self.documents.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        documents.retain(|uri, _| snapshot.documents.contains_key(uri));
        documents.entry(uri.to_owned()).or_default().clone()
    }
}

impl Backend {
    pub(super) async fn symbols(
        &self,
        params: DocumentSymbolParams,
    ) -> Result<Option<DocumentSymbolResponse>> {
        let nested = self.state.world().client.nested_symbols;
        let state = self.state.clone();
        self.answer(&params.text_document.uri, move |snapshot, document, encoding| {
            let kept = state.structures.of(snapshot, &document.uri);
            let statements = kept.symbols.of(&document.script, &snapshot.cancelled, symbols::symbol)?;
            let text = document.script.document();
            let uri: Uri = document.uri.parse().ok()?;
            let mut hierarchy = Vec::new();
            let mut flat = Vec::new();
            for (placed, symbol) in &statements {
                let Some(symbol) = symbol.as_ref() else { continue };
                let place = Place { text, start: placed.start, encoding };
                match nested {
                    true => hierarchy.push(place.nested(symbol)),
                    false => place.flat(symbol, None, &uri, &mut flat),
                }
            }
            Some(match nested {
                true => DocumentSymbolResponse::Nested(hierarchy),
                false => DocumentSymbolResponse::Flat(flat),
            })
        })
        .await
    }

    pub(super) async fn folding(&self, params: FoldingRangeParams) -> Result<Option<Vec<FoldingRange>>> {
        let state = self.state.clone();
        let client = self.state.world().client.clone();
        self.answer(&params.text_document.uri, move |snapshot, document, encoding| {
            let kept = state.structures.of(snapshot, &document.uri);
            let statements = kept.folds.of(&document.script, &snapshot.cancelled, folding::folds)?;
            let moved = statements.iter().flat_map(|(placed, found)| {
                let start = placed.start;
                found.folds.iter().map(move |fold| Fold { span: fold.span.shift(start), ..*fold })
            });
            let mut all: Vec<Fold> = moved.collect();
            all.extend(folding::between(statements.iter().flat_map(|(placed, found)| {
                let start = placed.start;
                found.marks.iter().map(move |(mark, span)| (*mark, span.shift(start)))
            })));
            let text = document.script.document();
            let line = |offset: usize| text.rope().byte_to_line(offset) as u32;
            let lines = |span: crate::text::Span| (line(span.start), line(span.end));
            let found = folding::by_lines(&all, client.fold_limit, lines);
            Some(
                found
                    .into_iter()
                    .map(|(fold, start_line, end_line)| {
                        // A client that folds parts of lines leaves both brackets in sight.
                        let exact = !client.folds_lines && fold.closed_by_line;
                        let (start, end) = (
                            text.position(fold.span.start + 1, encoding),
                            text.position(fold.span.end - 1, encoding),
                        );
                        let exact = exact
                            && text
                                .rope()
                                .get_byte(fold.span.start)
                                .is_some_and(|b| matches!(b, b'(' | b'['));
                        FoldingRange {
                            start_line,
                            start_character: exact.then_some(start.character),
                            end_line: if exact { end.line } else { end_line },
                            end_character: exact.then_some(end.character),
                            kind: match fold.kind {
                                folding::Kind::Code => None,
                                folding::Kind::Comment => Some(FoldingRangeKind::Comment),
                                folding::Kind::Region => Some(FoldingRangeKind::Region),
                            },
                            collapsed_text: None,
                        }
                    })
                    .collect(),
            )
        })
        .await
    }

    pub(super) async fn selection(
        &self,
        params: SelectionRangeParams,
    ) -> Result<Option<Vec<SelectionRange>>> {
        self.answer(&params.text_document.uri, move |_, document, encoding| {
            let text = document.script.document();
            let ranges = params.positions.iter().map(|position| {
                let offset = text.offset(convert::from_position(*position), encoding);
                let spans = selection::ranges(&document.script, offset);
                spans.into_iter().rev().fold(None, |parent: Option<SelectionRange>, span| {
                    let range = convert::range(text, span, encoding);
                    Some(SelectionRange { range, parent: parent.map(Box::new) })
                })
            });
            // One for each position: there is always a range.
            ranges.collect()
        })
        .await
    }
}

/// `pgwright/syntaxTree`: the trees of a statement, or of all.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SyntaxTreeParams {
    text_document: TextDocumentIdentifier,
    position: Option<Position>,
}

impl Backend {
    pub(super) async fn highlights(
        &self,
        params: DocumentHighlightParams,
    ) -> Result<Option<Vec<DocumentHighlight>>> {
        let place = params.text_document_position_params;
        self.answer(&place.text_document.uri, move |snapshot, document, encoding| {
            let text = document.script.document();
            let offset = text.offset(convert::from_position(place.position), encoding);
            let mut found = highlight::words(&document.script, offset);
            if found.is_empty() {
                let timeline = snapshot.timeline_up_to(document, offset)?;
                found = highlight::names(&snapshot.view(document, &timeline), offset);
            }
            let kind = |kind| match kind {
                highlight::Kind::Text => DocumentHighlightKind::TEXT,
                highlight::Kind::Read => DocumentHighlightKind::READ,
                highlight::Kind::Write => DocumentHighlightKind::WRITE,
            };
            let shown = found.into_iter().map(|highlight| DocumentHighlight {
                range: convert::range(text, highlight.span, encoding),
                kind: Some(kind(highlight.kind)),
            });
            Some(shown.collect())
        })
        .await
    }

    pub(super) async fn on_type(
        &self,
        params: DocumentOnTypeFormattingParams,
    ) -> Result<Option<Vec<TextEdit>>> {
        let place = params.text_document_position;
        self.answer(&place.text_document.uri, move |_, document, encoding| {
            let text = document.script.document();
            let offset = text.offset(convert::from_position(place.position), encoding);
            let edits = on_type::edits(&document.script, offset, &params.ch);
            let edits = edits.into_iter().map(|edit| TextEdit {
                range: convert::range(text, edit.span, encoding),
                new_text: edit.text,
            });
            Some(edits.collect())
        })
        .await
    }

    pub(super) async fn links(&self, params: DocumentLinkParams) -> Result<Option<Vec<DocumentLink>>> {
        self.answer(&params.text_document.uri, move |snapshot, document, encoding| {
            // What is on no disk names no file.
            let path = document.path.as_deref()?;
            let root = snapshot.folder_of(path).map(|state| state.folder.top());
            let resolver = Resolver { snapshot, root };
            let text = document.script.document();
            let links = document.includes();
            let found = links.iter().filter_map(|link| {
                let target = resolver.target(path, link)?;
                Some(DocumentLink {
                    range: convert::range(text, link.span, encoding),
                    target: Some(convert::uri(&target)?),
                    tooltip: None,
                    data: None,
                })
            });
            Some(found.collect())
        })
        .await
    }

    /// `pgwright/syntaxTree`
    pub async fn syntax_tree(&self, params: SyntaxTreeParams) -> Result<Option<String>> {
        self.answer(&params.text_document.uri, move |_, document, encoding| {
            let text = document.script.document();
            let offset =
                params.position.map(|position| text.offset(convert::from_position(position), encoding));
            Some(syntax_tree::syntax_tree(&document.script, offset))
        })
        .await
    }
}

/// Where a statement stands whose symbols are told.
struct Place<'a> {
    text: &'a Document,
    start: usize,
    encoding: PositionEncoding,
}

impl Place<'_> {
    fn nested(&self, symbol: &symbols::Symbol) -> DocumentSymbol {
        let children: Vec<DocumentSymbol> = symbol.children.iter().map(|child| self.nested(child)).collect();
        #[allow(deprecated, reason = "the struct has a field that is no longer used")]
        DocumentSymbol {
            name: symbol.name.clone(),
            detail: symbol.detail.clone(),
            kind: kind(symbol.kind),
            tags: None,
            deprecated: None,
            range: convert::range(self.text, symbol.span.shift(self.start), self.encoding),
            selection_range: convert::range(self.text, symbol.name_span.shift(self.start), self.encoding),
            children: (!children.is_empty()).then_some(children),
        }
    }

    fn flat(
        &self,
        symbol: &symbols::Symbol,
        container: Option<&str>,
        uri: &Uri,
        into: &mut Vec<SymbolInformation>,
    ) {
        #[allow(deprecated, reason = "the struct has a field that is no longer used")]
        into.push(SymbolInformation {
            name: symbol.name.clone(),
            kind: kind(symbol.kind),
            tags: None,
            deprecated: None,
            location: Location {
                uri: uri.clone(),
                range: convert::range(self.text, symbol.span.shift(self.start), self.encoding),
            },
            container_name: container.map(str::to_owned),
        });
        for child in &symbol.children {
            self.flat(child, Some(&symbol.name), uri, into);
        }
    }
}

fn kind(kind: symbols::Kind) -> SymbolKind {
    match kind {
        symbols::Kind::Table => SymbolKind::STRUCT,
        symbols::Kind::View | symbols::Kind::Cte => SymbolKind::INTERFACE,
        symbols::Kind::Column => SymbolKind::FIELD,
        symbols::Kind::Constraint | symbols::Kind::Index => SymbolKind::KEY,
        symbols::Kind::Sequence => SymbolKind::NUMBER,
        symbols::Kind::Type => SymbolKind::CLASS,
        symbols::Kind::Enum => SymbolKind::ENUM,
        symbols::Kind::EnumLabel => SymbolKind::ENUM_MEMBER,
        symbols::Kind::Function => SymbolKind::FUNCTION,
        symbols::Kind::Procedure => SymbolKind::METHOD,
        symbols::Kind::Parameter | symbols::Kind::Variable => SymbolKind::VARIABLE,
        symbols::Kind::Constant => SymbolKind::CONSTANT,
        symbols::Kind::Trigger => SymbolKind::EVENT,
        symbols::Kind::Policy => SymbolKind::BOOLEAN,
        symbols::Kind::Schema | symbols::Kind::Block => SymbolKind::NAMESPACE,
        symbols::Kind::Extension => SymbolKind::PACKAGE,
        symbols::Kind::Object => SymbolKind::OBJECT,
        symbols::Kind::Statement => SymbolKind::OPERATOR,
        symbols::Kind::Command => SymbolKind::MODULE,
    }
}
