//! The protocol. The only place with LSP types.

pub mod backend;
pub mod capabilities;
pub mod convert;
pub mod folders;
pub mod ingress;
pub mod live;
pub mod memory;
pub mod publish;
pub mod semantic_tokens;
pub mod server;
pub mod state;
pub mod status;
pub mod structure;

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tower_lsp_server::{LspService, Server};

use backend::Backend;
use ingress::Ingress;
use state::State;

/// How many requests may be under way at once; they wait for blocking threads, of which there are fewer.
const CONCURRENCY: usize = 1024;

/// Serves one client. Returns the exit code: 0 if it shut down by the book, 1 if it just left.
pub async fn serve(input: impl AsyncRead + Unpin, output: impl AsyncWrite) -> i32 {
    let state = Arc::new(State::default());
    let (service, socket) = LspService::build(|client| Backend::new(client, state.clone()))
        .custom_method("pgwright/panic", Backend::panic)
        .custom_method("pgwright/syntaxTree", Backend::syntax_tree)
        .finish();
    let ingress = Ingress::new(service, state.clone());
    Server::new(input, output, socket).concurrency_level(CONCURRENCY).serve(ingress).await;
    state.exit_code()
}

/// Serves over standard input and output.
pub async fn serve_stdio() -> i32 {
    serve(tokio::io::stdin(), tokio::io::stdout()).await
}
