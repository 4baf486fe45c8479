//! The protocol. The only place with LSP types.
