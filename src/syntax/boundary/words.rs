//! What the words of a statement say about where it ends: bodies between BEGIN and END, COPY and its data.

/// The first bytes of a word in lower case; enough to tell the words that matter here.
#[derive(Default)]
pub(super) struct Word {
    bytes: [u8; 12],
    len: usize,
}

impl Word {
    pub(super) fn push(&mut self, byte: u8) {
        if let Some(slot) = self.bytes.get_mut(self.len) {
            *slot = byte;
        }
        self.len += 1;
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        if self.len <= self.bytes.len() { &self.bytes[..self.len] } else { &[] }
    }
}

/// What the words so far say about the statement's end.
#[derive(Default)]
pub(super) struct Words {
    seen: usize,
    /// The first letters of the words at the start that could begin CREATE [OR REPLACE] FUNCTION or PROCEDURE.
    head: [u8; 4],
    /// How deep in `BEGIN … END` of a routine's body.
    pub(super) atomic_depth: usize,
    /// A token of the statement has come.
    begun: bool,
    copy: bool,
    after_from: bool,
    copy_from_stdin: bool,
    /// `COPY … FROM STDIN` before the last `\;`.
    copies_before: usize,
}

impl Words {
    pub(super) fn push(&mut self, word: &[u8], parentheses: usize) {
        if self.seen < self.head.len()
            && matches!(word, b"create" | b"or" | b"replace" | b"function" | b"procedure")
        {
            self.head[self.seen] = word[0];
        }
        self.copy |= !self.begun && word == b"copy";
        self.begun = true;
        self.seen += 1;
        let routine = matches!(self.head, [b'c', b'f' | b'p', ..] | [b'c', b'o', b'r', b'f' | b'p']);
        if routine && parentheses == 0 {
            match word {
                b"begin" => self.atomic_depth += 1,
                b"case" if self.atomic_depth > 0 => self.atomic_depth += 1,
                b"end" => self.atomic_depth = self.atomic_depth.saturating_sub(1),
                _ => {}
            }
        }
        if self.copy && parentheses == 0 {
            // The grammar takes STDOUT here for STDIN.
            self.copy_from_stdin |= self.after_from && matches!(word, b"stdin" | b"stdout");
            self.after_from = word == b"from";
        }
    }

    /// A token that is no word.
    pub(super) fn token(&mut self) {
        self.begun = true;
        self.after_from = false;
    }

    /// A further statement in the same query.
    pub(super) fn next_statement(&mut self) {
        *self = Words { copies_before: self.copies(), atomic_depth: self.atomic_depth, ..Words::default() };
    }

    /// How many blocks of data the query reads.
    pub(super) fn copies(&self) -> usize {
        self.copies_before + usize::from(self.copy_from_stdin)
    }
}
