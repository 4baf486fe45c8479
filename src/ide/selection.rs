//! Selection ranges: from the word at the cursor outward, along the concrete tree, to the whole document.

mod body;

use super::written::Written;
use crate::syntax::ast::Token as TokenKind;
use crate::syntax::cst::{Element, NodeId};
use crate::syntax::grammar::Token;
use crate::syntax::{Script, StatementKind};
use crate::text::Span;

/// The most ranges of one position; the innermost and the outermost ones are kept.
const MOST: usize = 256;
/// How deep bodies are looked into.
const DEPTH: usize = 4;

/// The ranges around `offset` of a document, the innermost first, each within the next. The last is the whole text.
pub fn ranges(script: &Script, offset: usize) -> Vec<Span> {
    let whole = Span::new(0, script.document().len());
    let mut found = Vec::new();
    if let Some(placed) = script.at(offset) {
        let written = Written::new(script, &placed);
        found = in_statement(&written, offset - placed.start, DEPTH);
        found.iter_mut().for_each(|span| *span = span.shift(placed.start));
    }
    found.push(whole);
    grow(found, offset)
}

/// The spans that hold `offset` and each other, without repetition.
fn grow(spans: Vec<Span>, offset: usize) -> Vec<Span> {
    let mut kept: Vec<Span> = Vec::new();
    for span in spans {
        let holds = |inner: Span| span.start <= inner.start && inner.end <= span.end && span != inner;
        if span.touches(offset) && !span.is_empty() && kept.last().is_none_or(|last| holds(*last)) {
            kept.push(span);
        }
    }
    if kept.len() > MOST {
        kept.drain(MOST / 2..kept.len() - MOST / 2);
    }
    if kept.is_empty() { vec![Span::at(offset)] } else { kept }
}

/// The same in a statement, outward to all of its text.
fn in_statement(written: &Written, offset: usize, depth: usize) -> Vec<Span> {
    let mut found = Vec::new();
    let at = written.token_at(offset).copied();
    // Behind a word and before a bracket, the word is meant.
    let before = offset.checked_sub(1).and_then(|before| written.token_at(before)).copied();
    let token = match (at, before) {
        (Some(at), Some(before))
            if at.span.start == offset
                && before.span.end == offset
                && !(at.is_name() || at.is_keyword())
                && (before.is_name() || before.is_keyword()) =>
        {
            Some(before)
        }
        (at, _) => at,
    };
    if let Some(token) = token {
        in_token(written, token, offset, depth, &mut found);
    } else if let Some(open) = written.unclosed.filter(|open| open.touches(offset))
        && let Some((code, place)) = written.body_at(offset).filter(|_| depth > 0)
    {
        let nested = body::ranges(code, place, depth - 1);
        found.extend(nested.into_iter().map(|span| code.to_outer(span)));
        found.push(open);
    }
    around(written, token.map_or(offset, |token| token.span.start), offset, &mut found);
    if written.kind == StatementKind::Psql {
        found.extend(word_around(&written.text, offset));
        let line = written.slice(written.code).trim_end();
        found.push(Span::new(written.code.start, written.code.start + line.len()));
    }
    let code = written.slice(written.code);
    let bare = code.trim_end().trim_end_matches(';').trim_end();
    found.push(Span::new(written.code.start, written.code.start + bare.len()));
    found.push(Span::new(written.code.start, written.code.start + code.trim_end().len()));
    // With the comments before it, and with what is behind it.
    let text = written.text.trim_end();
    let start = written.text.len() - written.text.trim_start().len();
    if start <= text.len() {
        found.push(Span::new(start, written.code.end.min(text.len()).max(start)));
        found.push(Span::new(start, text.len()));
    }
    // What does not hold what is before it is no step.
    let mut steps: Vec<Span> = Vec::new();
    for span in found {
        if span.touches(offset)
            && steps.last().is_none_or(|last| span.start <= last.start && last.end <= span.end)
        {
            steps.push(span);
        }
    }
    steps
}

/// Within a token: a word of a comment or a string, a body's statements, what is between the quotes.
fn in_token(written: &Written, token: Token, offset: usize, depth: usize, found: &mut Vec<Span>) {
    let text = written.slice(token.span);
    let local = offset - token.span.start;
    if token.is_comment() {
        found.extend(word_around(text, local).map(|span| span.shift(token.span.start)));
    } else if matches!(
        token.kind,
        TokenKind::Sconst | TokenKind::Ident | TokenKind::Usconst | TokenKind::Uident
    ) && let Some(inner) = between_quotes(text)
    {
        if inner.touches(local) {
            let content = &text[inner.range()];
            let shift = token.span.start + inner.start;
            match written.body_at(offset).filter(|_| depth > 0) {
                Some((code, place)) => {
                    let nested = body::ranges(code, place, depth - 1);
                    found.extend(nested.into_iter().map(|span| code.to_outer(span)));
                }
                None => {
                    let word = word_around(content, local - inner.start);
                    found.extend(word.map(|span| span.shift(shift)));
                }
            }
            let trimmed = content.trim();
            let lead = content.len() - content.trim_start().len();
            found.push(Span::new(lead, lead + trimmed.len()).shift(shift));
        }
        found.push(inner.shift(token.span.start));
    }
    found.push(written.placeholder_at(token.span.start).unwrap_or(token.span));
}

/// The nodes above the token at `token`, with the brackets around it.
fn around(written: &Written, token: usize, offset: usize, found: &mut Vec<Span>) {
    let tree = &written.tree;
    let terminal = tree.terminal_at(token).filter(|n| tree.terminal(*n).span.contains(token));
    let mut spans = Vec::new();
    match terminal {
        Some(terminal) => {
            spans.extend(tree.ancestors(terminal).filter(|node| !is_list_link(written, *node)).map(|node| {
                let span = tree.span(Element::Node(node));
                let start = written
                    .placeholder_at(span.start)
                    .map_or(span.start, |whole| whole.start.min(span.start));
                Span::new(start, span.end)
            }))
        }
        // In white space or a comment: all that is around it.
        None => {
            let holding = tree.nodes().filter(|node| !is_list_link(written, *node));
            spans.extend(
                holding.map(|node| tree.span(Element::Node(node))).filter(|span| span.contains(offset)),
            );
        }
    }
    spans.extend(brackets(written, offset));
    // A run of comments on lines of their own.
    spans.extend(comment_run(written, offset));
    spans.sort_by_key(|span| (span.len(), span.start));
    found.extend(spans);
}

/// A left-recursive list has a node for each of its beginnings; only the whole list is of use.
fn is_list_link(written: &Written, node: NodeId) -> bool {
    let tree = &written.tree;
    let Some(parent) = tree.parent(node) else { return false };
    tree.symbol(parent) == tree.symbol(node)
        && tree.children(parent).first() == Some(&Element::Node(node))
        && !matches!(tree.name(node), "a_expr" | "b_expr")
}

/// The pairs of brackets around `offset`, and what is between them.
fn brackets(written: &Written, offset: usize) -> Vec<Span> {
    let mut open = Vec::new();
    let mut found = Vec::new();
    for token in &written.tokens {
        if token.is_char(b'(') || token.is_char(b'[') {
            open.push(token.span);
        } else if token.is_char(b')') || token.is_char(b']') {
            let Some(start) = open.pop() else { continue };
            let whole = Span::new(start.start, token.span.end);
            if whole.touches(offset) {
                found.push(whole);
            }
            let inner = Span::new(start.end, token.span.start);
            if inner.touches(offset) {
                let text = written.slice(inner);
                let lead = text.len() - text.trim_start().len();
                if lead < text.len() {
                    found.push(Span::new(lead, text.trim_end().len()).shift(inner.start));
                }
            }
        }
    }
    found
}

/// The comments on following lines that the comment at `offset` is one of.
fn comment_run(written: &Written, offset: usize) -> Option<Span> {
    let at = written.tokens.iter().position(|token| token.is_comment() && token.span.touches(offset))?;
    let joined = |first: &Token, second: &Token| {
        let between = written.slice(Span::new(first.span.end, second.span.start));
        first.is_comment() && second.is_comment() && between.matches('\n').count() <= 1
    };
    let tokens = &written.tokens;
    let first =
        (1..=at).rev().take_while(|n| joined(&tokens[n - 1], &tokens[*n])).last().map_or(at, |n| n - 1);
    let last =
        (at + 1..tokens.len()).take_while(|n| joined(&tokens[n - 1], &tokens[*n])).last().unwrap_or(at);
    Some(Span::new(tokens[first].span.start, tokens[last].span.end))
}

/// The word at `offset` of a text without structure.
fn word_around(text: &str, offset: usize) -> Option<Span> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let start = text[..offset]
        .char_indices()
        .rev()
        .take_while(|(_, c)| is_word(*c))
        .last()
        .map_or(offset, |(n, _)| n);
    let end = text[offset..].find(|c| !is_word(c)).map_or(text.len(), |n| offset + n);
    (start < end).then(|| Span::new(start, end))
}

/// What is between a literal's quotes, in it.
fn between_quotes(text: &str) -> Option<Span> {
    let open = text.find(['\'', '"', '$'])?;
    let quote = if text[open..].starts_with('$') {
        let end = text[open + 1..].find('$')? + open + 2;
        &text[open..end]
    } else {
        &text[open..open + 1]
    };
    let start = open + quote.len();
    let end = text.len().checked_sub(quote.len()).filter(|end| *end >= start)?;
    Some(Span::new(start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts around `|`, from the inside out, without the whole document.
    fn steps(text: &str) -> Vec<String> {
        let offset = text.find('|').unwrap();
        let text = text.replacen('|', "", 1);
        let script = Script::from(text.as_str());
        let found = ranges(&script, offset);
        for pair in found.windows(2) {
            assert!(pair[1].start <= pair[0].start && pair[0].end <= pair[1].end && pair[0] != pair[1]);
        }
        assert_eq!(found.last(), Some(&Span::new(0, text.len())));
        found[..found.len() - 1].iter().map(|span| text[span.range()].to_owned()).collect()
    }

    #[test]
    fn a_selection_grows_along_the_tree() {
        assert_eq!(
            steps("select 'é😀', a + b|c * 2, d from t where x;\nselect 2"),
            [
                "bc",
                "bc * 2",
                "a + bc * 2",
                "'é😀', a + bc * 2, d",
                "select 'é😀', a + bc * 2, d from t where x",
                "select 'é😀', a + bc * 2, d from t where x;",
            ]
        );
        assert_eq!(
            steps("select f( (a|), 1 );"),
            ["a", "(a)", "(a), 1", "( (a), 1 )", "f( (a), 1 )", "select f( (a), 1 )"]
        );
        assert_eq!(steps("-- one\r\n-- t|wo\r\nselect 1;"), ["two", "-- two", "-- one\r\n-- two"]);
        assert_eq!(
            steps("create function f() returns int language sql as $$ select a|a; select 2 $$;")[..5],
            ["aa", "select aa", "select aa;", "select aa; select 2", " select aa; select 2 "]
        );
        let body = "begin if a > b|b then x := 1; perform 'y'; end if; end";
        let expected = [
            "bb",
            "a > bb",
            "if a > bb then x := 1; perform 'y';",
            "if a > bb then x := 1; perform 'y'; end if",
            "if a > bb then x := 1; perform 'y'; end if;",
            "begin if a > bb then x := 1; perform 'y'; end if; end",
        ];
        assert_eq!(steps(&format!("do $${body}$$"))[..6], expected);
        assert_eq!(
            steps(&format!("do '{}'", body.replace('\'', "''")))[..6],
            expected.map(|it| it.replace('\'', "''"))
        );
        assert_eq!(steps(&format!("do $${}", &body[..27]))[..2], ["bb", "a > bb"]);
        assert_eq!(
            steps("do $$declare a int; b| int := 1; begin <<l>> loop null; end loop; end$$")[..4],
            ["b", "b int := 1;", "a int; b int := 1;", "declare a int; b int := 1;"]
        );
        assert_eq!(
            steps("do $$begin loop null; a := f(b|); end loop; end$$")[..7],
            [
                "b",
                "(b)",
                "f(b)",
                "a := f(b)",
                "a := f(b);",
                "null; a := f(b);",
                "loop null; a := f(b); end loop"
            ]
        );
        assert_eq!(
            steps("do $$begin execute 'select a|a from t'; end$$")[..4],
            ["aa", "select aa from t", "'select aa from t'", "execute 'select aa from t'"]
        );
        assert_eq!(steps("select \"a b|c\" from t")[..3], ["bc", "a bc", "\"a bc\""]);
        assert_eq!(steps("select * from t where ( a b c| ")[0], "c");
        assert_eq!(steps("select * from :ta|b where a")[..2], [":tab", "from :tab"]);
        assert_eq!(steps("\\i fi|le.sql\n")[..2], ["file", "\\i file.sql"]);
        assert_eq!(steps("select count|(*) from t")[..2], ["count", "count(*)"]);
        assert!(steps("|").is_empty());
        assert!(steps("select 1; | select 2").is_empty());
        assert_eq!(steps("select 1, | ;\nselect 2"), ["select 1,  ;"]);
    }

    #[test]
    fn deep_text_has_bounded_steps() {
        let text = format!("select {}1{}", "(".repeat(20_000), ")".repeat(20_000));
        let found = ranges(&Script::from(text.as_str()), 20_007);
        assert_eq!(found.len(), MOST);
        assert_eq!(found.last(), Some(&Span::new(0, text.len())));
    }
}
