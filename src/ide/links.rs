//! Document links: the files that psql's `\i` and `\ir` read.

use crate::syntax::Script;
use crate::syntax::psql::{self, Include};

/// The links of a document, with their places in it. Where they lead, `workspace::include` tells.
pub fn links(script: &Script) -> Vec<Include> {
    psql::includes(script).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_linked() {
        let text = "\\i a.sql\n\\ir 'é b''s.sql' x\r\n\\include sub/c.sql \\i d.sql\n\\i :file\n\\i\n\\echo x\n\
                    select '\\i x'; select 1 \\i e.sql\n, 2 \\g \\include_relative f.sql;\nselect $$\n\\i x\n$$;\n\\i '";
        let found = links(&Script::from(text));
        let shown: Vec<_> =
            found.iter().map(|it| (&text[it.span.range()], it.path.as_str(), it.is_relative)).collect();
        assert_eq!(
            shown,
            [
                ("a.sql", "a.sql", false),
                ("'é b''s.sql'", "é b's.sql", true),
                ("sub/c.sql", "sub/c.sql", false),
                ("d.sql", "d.sql", false),
                ("e.sql", "e.sql", false),
                ("f.sql", "f.sql", true),
            ]
        );
    }
}
