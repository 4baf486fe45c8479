//! The handlers: each translates, calls a feature on the snapshot of its arrival, translates back.

use std::collections::HashMap;
use std::time::SystemTime;

use serde_json::Value;
use tower_lsp_server::LanguageServer;
use tower_lsp_server::jsonrpc::{Error, Result};
use tower_lsp_server::ls_types::*;

use super::backend::Backend;
use super::{capabilities, convert, folders, publish};
use crate::ide::{self, Change, code_actions, completion, hover, inlay_hints};
use crate::plan;
use crate::text::PositionEncoding;
use crate::workspace::snapshot::{FolderState, OpenDocument};

impl LanguageServer for Backend {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let client = capabilities::client(&params.capabilities);
        let capabilities = capabilities::server(&client);
        let roots = folders::roots(&params);
        let problems = {
            let mut world = self.state.world();
            world.client = client;
            params.initialization_options.as_ref().map(|options| folders::apply_settings(&mut world, options))
        };
        for problem in problems.into_iter().flatten() {
            if self.is_new(&problem) {
                self.client.show_message(MessageType::WARNING, problem).await;
            }
        }
        let settings = self.state.world().settings.clone();
        let loading = tokio::task::spawn_blocking(move || {
            roots.iter().flat_map(|root| FolderState::load(root, &settings, &[], &[])).collect::<Vec<_>>()
        });
        let loaded = loading.await.unwrap_or_default();
        self.state.world().folders = loaded;
        self.state.set_initialized();
        Ok(InitializeResult {
            capabilities,
            server_info: Some(ServerInfo {
                name: "pgwright".into(),
                version: Some(env!("CARGO_PKG_VERSION").into()),
            }),
            ..InitializeResult::default()
        })
    }

    async fn initialized(&self, _: InitializedParams) {
        let client = self.state.world().client.clone();
        let backend = self.shared();
        tokio::spawn(publish::run(backend.clone()));
        tokio::spawn(folders::watch(backend.clone()));
        tokio::spawn(async move {
            let mut registrations = Vec::new();
            if client.watches_files {
                registrations.push(capabilities::watchers());
            }
            if client.watches_configuration {
                registrations.push(Registration {
                    id: "pgwright-configuration".into(),
                    method: "workspace/didChangeConfiguration".into(),
                    register_options: Some(serde_json::json!({ "section": "pgwright" })),
                });
            }
            if !registrations.is_empty() {
                let _ = backend.client.register_capability(registrations).await;
            }
            folders::complain(&backend).await;
            backend.load_configuration().await;
            // The reload connects to the database and shows the first diagnostics.
            backend.state.reload.notify_one();
        });
    }

    async fn shutdown(&self) -> Result<()> {
        self.state.set_shut_down();
        self.state.world().connections.clear();
        Ok(())
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        if params.settings.is_null() || !self.state.world().settings_are_pushed(&params.settings) {
            self.load_configuration().await;
        } else {
            self.take_settings(&params.settings).await;
        }
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        {
            let mut world = self.state.world();
            let removed: Vec<_> =
                params.event.removed.iter().filter_map(|folder| convert::path(&folder.uri)).collect();
            world.folders.retain(|state| !removed.iter().any(|removed| removed == state.folder.top()));
            for root in params.event.added.iter().filter_map(|folder| convert::path(&folder.uri)) {
                if world
                    .folders
                    .iter()
                    .all(|state| state.folder.within.is_some() || state.folder.root != root)
                    && !world.implicit.contains(&root)
                {
                    world.implicit.push(root);
                }
            }
            world.implicit.retain(|root| !removed.contains(root));
        }
        self.state.reload.notify_one();
    }

    async fn did_change_watched_files(&self, _: DidChangeWatchedFilesParams) {
        self.state.reload.notify_one();
    }

    async fn did_save(&self, _: DidSaveTextDocumentParams) {
        // Clients that cannot watch files say at least this.
        self.state.reload.notify_one();
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<Value>> {
        if params.command != capabilities::REFRESH_SCHEMA {
            return Err(Error::invalid_params(format!("there is no command {}", params.command)));
        }
        for connection in self.state.world().connections.values() {
            connection.database.refresh();
        }
        self.state.reload.notify_one();
        Ok(None)
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        let place = params.text_document_position_params;
        let uri = place.text_document.uri;
        let found = self
            .answer(&uri, move |snapshot, document, encoding| {
                let timeline = snapshot.timeline(document)?;
                let view = snapshot.view(document, &timeline);
                let text = document.script.document();
                let offset = text.offset(convert::from_position(place.position), encoding);
                if let Some(found) = hover::hover(&view, offset) {
                    return Some((convert::range(text, found.span, encoding), Ok(found.markdown)));
                }
                let request = hover::plan_request(&view, offset)?;
                let root = document
                    .path
                    .as_deref()
                    .and_then(|path| snapshot.folder_of(path))?
                    .folder
                    .top()
                    .to_owned();
                Some((convert::range(text, request.span, encoding), Err((request, root))))
            })
            .await?;
        let Some((range, found)) = found else { return Ok(None) };
        let markdown = match found {
            Ok(markdown) => markdown,
            Err((request, root)) => {
                let database =
                    self.state.world().connections.get(&root).map(|connection| connection.database.clone());
                let Some(database) = database else { return Ok(None) };
                match database.explain(request.sql).await {
                    Ok(plan) => plan_markdown(&plan, request.has_parameters),
                    Err(error) => format!("No plan: {error}"),
                }
            }
        };
        let contents = HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value: markdown });
        Ok(Some(Hover { contents, range: Some(range) }))
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        let place = params.text_document_position;
        let uri = place.text_document.uri;
        // A space only opens the list where a keyword calls for a name.
        let by_space =
            params.context.is_some_and(|context| context.trigger_character.as_deref() == Some(" "));
        // What is behind the cursor is nothing to wait for.
        self.answer_as_it_is(&uri, move |snapshot, document, encoding| {
            let text = document.script.document();
            let offset = text.offset(convert::from_position(place.position), encoding);
            let timeline = snapshot.timeline_up_to(document, offset)?;
            let view = snapshot.view(document, &timeline);
            let found = completion::completion(&view, offset);
            if by_space && !found.items.iter().any(|item| item.kind == completion::Kind::Condition) {
                return None;
            }
            let range = convert::range(text, found.span, encoding);
            let items = found
                .items
                .into_iter()
                .enumerate()
                .map(|(n, item)| completion_item(n, item, range))
                .collect();
            Some(CompletionResponse::List(CompletionList { is_incomplete: found.incomplete, items }))
        })
        .await
    }

    async fn inlay_hint(&self, params: InlayHintParams) -> Result<Option<Vec<InlayHint>>> {
        self.answer(&params.text_document.uri, move |snapshot, document, encoding| {
            let timeline = snapshot.timeline(document)?;
            let view = snapshot.view(document, &timeline);
            let text = document.script.document();
            let span = text.span(convert::from_range(params.range), encoding).ok()?;
            let hints = inlay_hints::inlay_hints(&view, span);
            Some(
                hints
                    .into_iter()
                    .map(|hint| InlayHint {
                        position: convert::position(text.position(hint.offset, encoding)),
                        label: InlayHintLabel::String(hint.label),
                        kind: None,
                        text_edits: None,
                        tooltip: Some(InlayHintTooltip::MarkupContent(MarkupContent {
                            kind: MarkupKind::Markdown,
                            value: hint.tooltip,
                        })),
                        padding_left: Some(true),
                        padding_right: None,
                        data: None,
                    })
                    .collect(),
            )
        })
        .await
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        let client = self.state.world().client.clone();
        if !client.literal_actions {
            return Ok(None);
        }
        let uri = params.text_document.uri.clone();
        let advice = self.partial_indexes(&params).await?;
        self.answer(&uri, move |snapshot, document, encoding| {
            let text = document.script.document();
            let span = text.span(convert::from_range(params.range), encoding).ok()?;
            let findings = publish::findings(snapshot, document)?;
            let mut actions = code_actions::fixes(&findings, span);
            actions.extend(advice);
            let wanted = params.context.only;
            let shown = publish::shown_uri(document, &client);
            let made = actions.into_iter().filter_map(|action| {
                let kind = match action.kind {
                    code_actions::ActionKind::QuickFix => CodeActionKind::QUICKFIX,
                    code_actions::ActionKind::Refactor => CodeActionKind::REFACTOR,
                };
                if wanted.as_ref().is_some_and(|wanted| !wanted.contains(&kind)) {
                    return None;
                }
                let diagnostics = action
                    .fixes
                    .map(|n| vec![convert::diagnostic(text, &findings[n], encoding, shown.as_ref())]);
                Some(CodeActionOrCommand::CodeAction(CodeAction {
                    title: action.title,
                    kind: Some(kind),
                    diagnostics,
                    edit: Some(workspace_edit(document, action.change, encoding, &client)?),
                    is_preferred: action.preferred.then_some(true),
                    ..CodeAction::default()
                }))
            });
            Some(made.collect())
        })
        .await
    }

    async fn document_symbol(&self, params: DocumentSymbolParams) -> Result<Option<DocumentSymbolResponse>> {
        self.symbols(params).await
    }

    async fn document_highlight(
        &self,
        params: DocumentHighlightParams,
    ) -> Result<Option<Vec<DocumentHighlight>>> {
        self.highlights(params).await
    }

    async fn document_link(&self, params: DocumentLinkParams) -> Result<Option<Vec<DocumentLink>>> {
        self.links(params).await
    }

    async fn on_type_formatting(
        &self,
        params: DocumentOnTypeFormattingParams,
    ) -> Result<Option<Vec<TextEdit>>> {
        self.on_type(params).await
    }

    async fn folding_range(&self, params: FoldingRangeParams) -> Result<Option<Vec<FoldingRange>>> {
        self.folding(params).await
    }

    async fn selection_range(&self, params: SelectionRangeParams) -> Result<Option<Vec<SelectionRange>>> {
        self.selection(params).await
    }

    async fn semantic_tokens_full(
        &self,
        params: SemanticTokensParams,
    ) -> Result<Option<SemanticTokensResult>> {
        let found = self.all_tokens(params.text_document.uri, None).await?;
        Ok(found.and_then(|found| match found {
            SemanticTokensFullDeltaResult::Tokens(tokens) => Some(SemanticTokensResult::Tokens(tokens)),
            _ => None,
        }))
    }

    async fn semantic_tokens_full_delta(
        &self,
        params: SemanticTokensDeltaParams,
    ) -> Result<Option<SemanticTokensFullDeltaResult>> {
        self.all_tokens(params.text_document.uri, Some(params.previous_result_id)).await
    }

    async fn semantic_tokens_range(
        &self,
        params: SemanticTokensRangeParams,
    ) -> Result<Option<SemanticTokensRangeResult>> {
        self.tokens_in(params).await
    }

    async fn diagnostic(&self, params: DocumentDiagnosticParams) -> Result<DocumentDiagnosticReportResult> {
        let previous = params.previous_result_id;
        let client = self.state.world().client.clone();
        let report = self
            .answer_as_it_is(&params.text_document.uri, move |snapshot, document, encoding| {
                // What comes later, the client is told of, if it can be.
                let (items, lag) = match client.refreshes_diagnostics {
                    true => publish::compute_soon(snapshot, document, encoding, &client)?,
                    false => (publish::compute(snapshot, document, encoding, &client)?, publish::Lag::None),
                };
                let id = format!("{:?} {lag:?}", publish::basis(snapshot, document)?);
                if previous.as_deref() == Some(&id) && lag == publish::Lag::None {
                    return Some(DocumentDiagnosticReport::Unchanged(
                        RelatedUnchangedDocumentDiagnosticReport {
                            related_documents: None,
                            unchanged_document_diagnostic_report: UnchangedDocumentDiagnosticReport {
                                result_id: id,
                            },
                        },
                    ));
                }
                Some(full_report(Some(id), items))
            })
            .await?;
        Ok(DocumentDiagnosticReportResult::Report(report.unwrap_or_else(|| full_report(None, Vec::new()))))
    }
}

fn full_report(result_id: Option<String>, items: Vec<Diagnostic>) -> DocumentDiagnosticReport {
    DocumentDiagnosticReport::Full(RelatedFullDocumentDiagnosticReport {
        related_documents: None,
        full_document_diagnostic_report: FullDocumentDiagnosticReport { result_id, items },
    })
}

impl Backend {
    /// The partial indexes for the query at the cursor. With a live database its statistics are asked first.
    async fn partial_indexes(&self, params: &CodeActionParams) -> Result<Vec<code_actions::Action>> {
        let range = params.range;
        let uri = &params.text_document.uri;
        let candidates = self
            .answer(uri, move |snapshot, document, encoding| {
                let timeline = snapshot.timeline(document)?;
                let view = snapshot.view(document, &timeline);
                let span = document.script.document().span(convert::from_range(range), encoding).ok()?;
                let candidates = code_actions::candidates(&view, span);
                let root = document
                    .path
                    .as_deref()
                    .and_then(|path| snapshot.folder_of(path))
                    .map(|state| state.folder.top().to_owned());
                (!candidates.is_empty()).then_some((candidates, root))
            })
            .await?;
        let Some((candidates, root)) = candidates else { return Ok(Vec::new()) };
        let known = self.known_columns(&candidates, root.as_deref()).await;
        let actions = self
            .answer(uri, move |snapshot, document, encoding| {
                let timeline = snapshot.timeline(document)?;
                let view = snapshot.view(document, &timeline);
                let span = document.script.document().span(convert::from_range(range), encoding).ok()?;
                let folder = document.path.as_deref().and_then(|path| snapshot.folder_of(path));
                let new_migration = |slug: &str, now: SystemTime| snapshot.new_migration(folder?, slug, now);
                let now = SystemTime::now();
                Some(code_actions::partial_indexes(&view, span, known.as_ref(), &new_migration, now))
            })
            .await?;
        Ok(actions.unwrap_or_default())
    }

    /// What the live database knows of the columns in the candidates' conditions; `None` without one.
    async fn known_columns(
        &self,
        candidates: &[plan::advice::PartialIndexAdvice],
        root: Option<&std::path::Path>,
    ) -> Option<code_actions::KnownColumns> {
        let database = self.state.world().connections.get(root?)?.database.clone();
        let mut known = code_actions::KnownColumns::default();
        let statistics = {
            let world = self.state.world();
            let mut of_root = world.folders.iter().filter(|state| Some(state.folder.top()) == root);
            let live = of_root.find_map(|state| state.live.clone())?;
            live.statistics.clone()
        };
        for candidate in candidates {
            if let Some(rows) = statistics.relations.get(&candidate.table).and_then(|relation| relation.rows)
            {
                known.rows.insert(candidate.table.clone(), rows);
            }
            for column in &candidate.condition_columns {
                let found =
                    database.column_statistics(&candidate.table.schema, &candidate.table.name, column).await;
                if let Some(found) = found {
                    known.columns.insert((candidate.table.clone(), column.clone()), found);
                }
            }
        }
        Some(known)
    }
}

fn plan_markdown(plan: &plan::Plan, generic: bool) -> String {
    let note = if generic { " (generic: the parameters' values are not known)" } else { "" };
    format!(
        "**Plan estimate**{note} — cost {:.2}, {} {}\n\n```text\n{}\n```",
        plan.total_cost(),
        ide::describe::count_text(plan.rows()),
        if plan.rows().round() == 1.0 { "row" } else { "rows" },
        plan::render(plan, 14).join("\n")
    )
}

fn completion_item(n: usize, item: completion::Item, range: Range) -> CompletionItem {
    let kind = match item.kind {
        completion::Kind::Condition => CompletionItemKind::SNIPPET,
        completion::Kind::Column => CompletionItemKind::FIELD,
        completion::Kind::Alias => CompletionItemKind::VARIABLE,
        completion::Kind::Table => CompletionItemKind::STRUCT,
        completion::Kind::View => CompletionItemKind::INTERFACE,
        completion::Kind::Function => CompletionItemKind::FUNCTION,
        completion::Kind::Type => CompletionItemKind::CLASS,
        completion::Kind::Schema => CompletionItemKind::MODULE,
        completion::Kind::Object => CompletionItemKind::REFERENCE,
        completion::Kind::Label => CompletionItemKind::ENUM_MEMBER,
        completion::Kind::Variable => CompletionItemKind::VARIABLE,
        completion::Kind::Keyword => CompletionItemKind::KEYWORD,
    };
    CompletionItem {
        // An editor filters by what stands in the text, which may be quoted.
        filter_text: (item.insert != item.label).then(|| item.insert.clone()),
        label: item.label,
        kind: Some(kind),
        detail: item.detail,
        documentation: item
            .documentation
            .map(|value| Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value })),
        sort_text: Some(format!("{n:04}")),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit { range, new_text: item.insert })),
        ..CompletionItem::default()
    }
}

/// An action's change as the client can take it; `None` where it cannot make files.
fn workspace_edit(
    document: &OpenDocument,
    change: Change,
    encoding: PositionEncoding,
    client: &super::state::Client,
) -> Option<WorkspaceEdit> {
    let uri: Uri = document.uri.parse().ok()?;
    match change {
        Change::Edit(edits) => {
            let text = document.script.document();
            let edits: Vec<TextEdit> = edits
                .into_iter()
                .map(|edit| TextEdit {
                    range: convert::range(text, edit.span, encoding),
                    new_text: edit.text,
                })
                .collect();
            if !client.versioned_changes {
                return Some(WorkspaceEdit {
                    changes: Some(HashMap::from([(uri, edits)])),
                    ..WorkspaceEdit::default()
                });
            }
            let changed = TextDocumentEdit {
                text_document: OptionalVersionedTextDocumentIdentifier {
                    uri,
                    version: Some(document.version),
                },
                edits: edits.into_iter().map(OneOf::Left).collect(),
            };
            Some(WorkspaceEdit {
                document_changes: Some(DocumentChanges::Edits(vec![changed])),
                ..WorkspaceEdit::default()
            })
        }
        Change::CreateFile { path, text } => {
            // Files can be made in `documentChanges` alone, so who says that it makes files reads those. Neovim says
            // only that.
            if !client.creates_files {
                return None;
            }
            let uri = convert::uri(&path)?;
            let create = CreateFile {
                uri: uri.clone(),
                options: Some(CreateFileOptions { overwrite: Some(false), ignore_if_exists: Some(true) }),
                annotation_id: None,
            };
            let insert = TextDocumentEdit {
                text_document: OptionalVersionedTextDocumentIdentifier { uri, version: None },
                edits: vec![OneOf::Left(TextEdit { range: Range::default(), new_text: text })],
            };
            Some(WorkspaceEdit {
                document_changes: Some(DocumentChanges::Operations(vec![
                    DocumentChangeOperation::Op(ResourceOp::Create(create)),
                    DocumentChangeOperation::Edit(insert),
                ])),
                ..WorkspaceEdit::default()
            })
        }
    }
}
