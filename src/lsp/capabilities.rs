//! What the server can do, and what the client said it can.

use tower_lsp_server::ls_types::*;

use super::semantic_tokens;
use super::state::Client;
use crate::text::PositionEncoding;

/// The command that reads the live database's schema again.
pub const REFRESH_SCHEMA: &str = "pgwright.refreshSchema";

pub fn client(capabilities: &ClientCapabilities) -> Client {
    let workspace = capabilities.workspace.as_ref();
    let text = capabilities.text_document.as_ref();
    let general = capabilities.general.as_ref();
    let edit = workspace.and_then(|workspace| workspace.workspace_edit.as_ref());
    let folding = text.and_then(|text| text.folding_range.as_ref());
    let dynamic = |yes: Option<bool>| yes == Some(true);
    Client {
        encoding: general
            .and_then(|general| general.position_encodings.as_ref())
            .map_or(PositionEncoding::Utf16, |offered| negotiate(offered)),
        pulls_diagnostics: text.is_some_and(|text| text.diagnostic.is_some()),
        refreshes_diagnostics: workspace
            .and_then(|workspace| workspace.diagnostics.as_ref())
            .is_some_and(|diagnostics| dynamic(diagnostics.refresh_support)),
        refreshes_hints: workspace
            .and_then(|workspace| workspace.inlay_hint.as_ref())
            .is_some_and(|hints| dynamic(hints.refresh_support)),
        shows_progress: capabilities.window.as_ref().is_some_and(|window| dynamic(window.work_done_progress)),
        watches_files: workspace
            .and_then(|workspace| workspace.did_change_watched_files.as_ref())
            .is_some_and(|watching| dynamic(watching.dynamic_registration)),
        configuration: workspace.is_some_and(|workspace| dynamic(workspace.configuration)),
        watches_configuration: workspace
            .and_then(|workspace| workspace.did_change_configuration.as_ref())
            .is_some_and(|configuration| dynamic(configuration.dynamic_registration)),
        versioned_changes: edit.is_some_and(|edit| dynamic(edit.document_changes)),
        creates_files: edit
            .and_then(|edit| edit.resource_operations.as_ref())
            .is_some_and(|operations| operations.contains(&ResourceOperationKind::Create)),
        literal_actions: text
            .and_then(|text| text.code_action.as_ref())
            .is_some_and(|action| action.code_action_literal_support.is_some()),
        related_information: text
            .and_then(|text| text.publish_diagnostics.as_ref())
            .is_some_and(|diagnostics| dynamic(diagnostics.related_information)),
        takes_tokens: text.is_some_and(|text| text.semantic_tokens.is_some()),
        nested_symbols: text
            .and_then(|text| text.document_symbol.as_ref())
            .is_some_and(|symbols| dynamic(symbols.hierarchical_document_symbol_support)),
        folds_lines: folding.is_some_and(|folding| dynamic(folding.line_folding_only)),
        fold_limit: folding.and_then(|folding| folding.range_limit).map(|limit| limit as usize),
        gives_text: capabilities
            .experimental
            .as_ref()
            .and_then(|experimental| experimental.pointer("/pgwright/documentText"))
            .is_some_and(|yes| yes == true),
    }
}

/// UTF-8 where it is offered, as that is what texts are kept in; the protocol's UTF-16 where nothing is.
fn negotiate(offered: &[PositionEncodingKind]) -> PositionEncoding {
    if offered.contains(&PositionEncodingKind::UTF8) {
        PositionEncoding::Utf8
    } else if offered.contains(&PositionEncodingKind::UTF16) || offered.is_empty() {
        PositionEncoding::Utf16
    } else if offered.contains(&PositionEncodingKind::UTF32) {
        PositionEncoding::Utf32
    } else {
        PositionEncoding::Utf16
    }
}

pub fn server(client: &Client) -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(match client.encoding {
            PositionEncoding::Utf8 => PositionEncodingKind::UTF8,
            PositionEncoding::Utf16 => PositionEncodingKind::UTF16,
            PositionEncoding::Utf32 => PositionEncodingKind::UTF32,
        }),
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions { include_text: Some(false) })),
            ..TextDocumentSyncOptions::default()
        })),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(vec![".".into(), "\"".into(), " ".into(), "(".into()]),
            ..CompletionOptions::default()
        }),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        document_symbol_provider: Some(OneOf::Left(true)),
        document_highlight_provider: Some(OneOf::Left(true)),
        document_link_provider: Some(DocumentLinkOptions {
            resolve_provider: Some(false),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        }),
        document_on_type_formatting_provider: Some(DocumentOnTypeFormattingOptions {
            first_trigger_character: "$".into(),
            more_trigger_character: Some(vec!["\n".into()]),
        }),
        folding_range_provider: Some(FoldingRangeProviderCapability::Simple(true)),
        selection_range_provider: Some(SelectionRangeProviderCapability::Simple(true)),
        semantic_tokens_provider: client.takes_tokens.then(|| {
            SemanticTokensServerCapabilities::SemanticTokensOptions(SemanticTokensOptions {
                legend: semantic_tokens::legend(),
                range: Some(true),
                full: Some(SemanticTokensFullOptions::Delta { delta: Some(true) }),
                ..SemanticTokensOptions::default()
            })
        }),
        inlay_hint_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX, CodeActionKind::REFACTOR]),
            ..CodeActionOptions::default()
        })),
        diagnostic_provider: client.pulls_diagnostics.then(|| {
            DiagnosticServerCapabilities::Options(DiagnosticOptions {
                identifier: Some("pgwright".into()),
                inter_file_dependencies: true,
                workspace_diagnostics: false,
                ..DiagnosticOptions::default()
            })
        }),
        execute_command_provider: Some(ExecuteCommandOptions {
            commands: vec![REFRESH_SCHEMA.into()],
            ..ExecuteCommandOptions::default()
        }),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(OneOf::Left(true)),
            }),
            file_operations: None,
        }),
        ..ServerCapabilities::default()
    }
}

/// What the client is to watch: SQL files, configurations, Sqitch's plans.
pub fn watchers() -> Registration {
    let globs = ["**/*.sql", "**/pgwright.toml", "**/sqitch.plan", "**/meta/_journal.json", "**/*changelog*"];
    let watchers: Vec<FileSystemWatcher> = globs
        .iter()
        .map(|glob| FileSystemWatcher { glob_pattern: GlobPattern::String((*glob).into()), kind: None })
        .collect();
    Registration {
        id: "pgwright-files".into(),
        method: "workspace/didChangeWatchedFiles".into(),
        register_options: serde_json::to_value(DidChangeWatchedFilesRegistrationOptions { watchers }).ok(),
    }
}
