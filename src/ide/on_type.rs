//! On-type edits: `$$` and `$tag$` get their end, a block in a body gets its `END`.

use super::TextEdit;
use super::written::Written;
use crate::syntax::body::Content;
use crate::syntax::{Script, grammar, plpgsql};
use crate::text::Span;

/// The edits behind a character that was just typed; `offset` is behind it.
pub fn edits(script: &Script, offset: usize, typed: &str) -> Vec<TextEdit> {
    let edit = match typed {
        "$" => close_quote(script, offset),
        "\n" => close_block(script, offset),
        _ => None,
    };
    edit.into_iter().collect()
}

/// The end of the dollar quote that was just opened, if it has none.
fn close_quote(script: &Script, offset: usize) -> Option<TextEdit> {
    let placed = script.at(offset)?;
    let written = Written::new(script, &placed);
    let local = offset - placed.start;
    let before = &written.text[..local];
    let open = before.strip_suffix('$')?.rfind('$')?;
    let tag = &before[open..];
    // What the scanner takes for an opening tag, at this place.
    let unclosed = written.unclosed.is_some_and(|span| span.start == open);
    let closed = written.tokens.iter().find(|token| token.span.start == open);
    let is_tag = |text: &str| text.starts_with(tag) && text.len() > tag.len();
    if unclosed && written.slice(written.unclosed?).starts_with(tag) {
        return Some(TextEdit { span: Span::at(offset), text: tag.to_owned() });
    }
    // It may have taken the opening tag of a later string for its end, which is then left over.
    let closed = closed.filter(|token| is_tag(written.slice(token.span)))?;
    let last = script.at(script.document().len()).filter(|last| last.start >= placed.start)?;
    let last = Written::new(script, &last);
    let left_over = last.unclosed.is_some_and(|span| last.slice(span).starts_with(tag));
    (left_over && closed.span.len() >= 2 * tag.len())
        .then(|| TextEdit { span: Span::at(offset), text: tag.to_owned() })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    Begin,
    If,
    Loop,
    Case,
}

/// A block's opening word in a body.
#[derive(Clone, Copy, Debug)]
struct Opened {
    block: Block,
    at: usize,
    /// How far its line is indented, in bytes.
    indent: usize,
}

/// The end of the block that the line before the cursor opens, if it has none.
fn close_block(script: &Script, offset: usize) -> Option<TextEdit> {
    let placed = script.at(offset)?;
    let written = Written::new(script, &placed);
    let local = offset - placed.start;
    if let Some((body, inner)) = written.body_at(local) {
        let Content::Plpgsql(function) = body.content() else { return None };
        // Where nothing is wrong nothing is unclosed.
        if function.errors.is_empty() {
            return None;
        }
        let edit = end_of_block(&body.text, inner, indent_at(&written, body.literal.start))?;
        let mut closed = body.text.to_string();
        closed.insert_str(edit.span.start, &edit.text);
        let closed = plpgsql::parse(&closed.into(), body.signature());
        let outer = match edit.span.start == inner {
            true => Span::at(local),
            false => Span::at(body.to_outer(Span::new(inner, edit.span.start)).end),
        };
        return (closed.errors.len() <= function.errors.len())
            .then(|| TextEdit { span: outer.shift(placed.start), ..edit });
    }
    let body = atomic_at(&written, local)?;
    let indent = indent_at(&written, body.start);
    let edit = end_of_block(written.slice(body), local - body.start, indent)?;
    Some(TextEdit { span: edit.span.shift(placed.start + body.start), ..edit })
}

/// The white space that the line of a place begins with.
fn indent_at(written: &Written, offset: usize) -> &str {
    let line = written.text[..offset].rfind('\n').map_or(0, |n| n + 1);
    let text = &written.text[line..offset];
    &text[..text.find(|c: char| !(c == ' ' || c == '\t')).unwrap_or(text.len())]
}

/// The end of the block that the line before a place of a body opens, as an edit of the body, whose first line is
/// indented by `first`.
fn end_of_block(text: &str, inner: usize, first: &str) -> Option<TextEdit> {
    // The cursor is on a line of its own.
    let line = text[..inner].rfind('\n')? + 1;
    let rest_of_line = text[inner..].split(['\n', '\r']).next().unwrap_or("");
    if !text[line..inner].trim().is_empty() || !rest_of_line.trim().is_empty() {
        return None;
    }
    let before = text[..line].trim_end();
    let word_at = before
        .rfind(|c: char| !(c.is_alphanumeric() || c == '_'))
        .map_or(0, |n| n + before[n..].chars().next().map_or(1, char::len_utf8));
    let word = before[word_at..].to_ascii_lowercase();
    if !matches!(word.as_str(), "begin" | "then" | "loop" | "case" | "atomic") {
        return None;
    }
    let (unclosed, open_here) = blocks(text, line);
    let opened = open_here?;
    if !unclosed.contains(&opened.at) {
        return None;
    }
    let own_line = text[..opened.at].rfind('\n').map_or(0, |n| n + 1);
    let indent = if own_line == 0 { first } else { &text[own_line..own_line + opened.indent] };
    let end = match opened.block {
        Block::Begin => "END;",
        Block::If => "END IF;",
        Block::Loop => "END LOOP;",
        Block::Case => "END CASE;",
    };
    let end = if text[opened.at..].starts_with(|c: char| c.is_ascii_lowercase()) {
        end.to_ascii_lowercase()
    } else {
        end.to_owned()
    };
    // At the start of the next line, so that the cursor stays where it is; without one, behind the cursor.
    let line_break = if text.contains("\r\n") { "\r\n" } else { "\n" };
    Some(match text[inner..].find('\n') {
        Some(at) => TextEdit { span: Span::at(inner + at + 1), text: format!("{indent}{end}{line_break}") },
        None => TextEdit { span: Span::at(inner), text: format!("{line_break}{indent}{end}") },
    })
}

/// The body behind `BEGIN ATOMIC` that `offset` is in, outside of its strings.
fn atomic_at(written: &Written, offset: usize) -> Option<Span> {
    let closed = written.tokens.iter().map(|token| token.span).find(|span| span.contains(offset));
    if closed.or(written.unclosed.filter(|span| span.touches(offset))).is_some() {
        return None;
    }
    let words: Vec<_> = written.tokens.iter().filter(|token| !token.is_comment()).collect();
    let atomic = words.windows(2).find(|pair| {
        written.slice(pair[0].span).eq_ignore_ascii_case("begin")
            && written.slice(pair[1].span).eq_ignore_ascii_case("atomic")
    })?;
    let body = Span::new(atomic[0].span.start, written.text.len());
    body.contains(offset.saturating_sub(1)).then_some(body)
}

/// The blocks of a body that have no end, by where they begin; and the one that the last word before `line` opens.
fn blocks(text: &str, line: usize) -> (Vec<usize>, Option<Opened>) {
    let tokens: Vec<_> = grammar::scan(text).0.into_iter().filter(|token| !token.is_comment()).collect();
    let word = |n: usize| tokens.get(n).map(|token| text[token.span.range()].to_ascii_lowercase());
    let mut open: Vec<Opened> = Vec::new();
    let mut unclosed: Vec<Opened> = Vec::new();
    let mut here = None;
    let mut n = 0;
    while let Some(current) = word(n) {
        let start = tokens[n].span.start;
        let before = n.checked_sub(1).and_then(word);
        let begins_statement = before.as_deref().is_none_or(|before| {
            matches!(before, ";" | "then" | "else" | "begin" | "loop" | "atomic" | ">>")
        });
        let block = match current.as_str() {
            "begin" => Some(Block::Begin),
            // `CREATE TABLE IF NOT EXISTS` is none.
            "if" if begins_statement => Some(Block::If),
            "loop" => Some(Block::Loop),
            "case" => Some(Block::Case),
            _ => None,
        };
        if let Some(block) = block {
            let own_line = text[..start].rfind('\n').map_or(0, |n| n + 1);
            let indent = text[own_line..].find(|c: char| !(c == ' ' || c == '\t')).unwrap_or(0);
            open.push(Opened { block, at: start, indent: indent.min(start - own_line) });
        }
        if current == "end" {
            let next = word(n + 1);
            let closes = |opened: &Opened| match next.as_deref() {
                Some("if") => opened.block == Block::If,
                Some("loop") => opened.block == Block::Loop,
                Some("case") => opened.block == Block::Case,
                _ => matches!(opened.block, Block::Begin | Block::Case),
            };
            if let Some(at) = open.iter().rposition(closes) {
                // What is open within it has no end.
                unclosed.extend(open.drain(at + 1..));
                let closed = open.pop();
                // An end that is further out than what it closes is rather the end of a block around it.
                let own_line = text[..start].rfind('\n').map_or(0, |n| n + 1);
                let indent = text[own_line..start].len() - text[own_line..start].trim_start().len();
                if let Some(closed) = closed
                    && text[own_line..start].trim().is_empty()
                    && indent < closed.indent
                    && let Some(outer) =
                        open.iter().rposition(|outer| outer.block == closed.block && outer.indent <= indent)
                {
                    unclosed.push(closed);
                    unclosed.extend(open.drain(outer + 1..));
                    open.pop();
                }
            }
            if matches!(next.as_deref(), Some("if" | "loop" | "case")) {
                n += 1;
            }
        }
        n += 1;
        if tokens.get(n).is_none_or(|next| next.span.start >= line) && here.is_none() {
            here = Some(open.last().copied());
        }
    }
    unclosed.extend(open);
    (unclosed.iter().map(|opened| opened.at).collect(), here.flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text behind the edits, where `|` is the cursor behind what was typed.
    fn typed(text: &str, character: &str) -> String {
        let offset = text.find('|').unwrap();
        let mut text = text.replacen('|', "", 1);
        for edit in edits(&Script::from(text.as_str()), offset, character) {
            text.replace_range(edit.span.range(), &edit.text);
        }
        text
    }

    #[test]
    fn a_dollar_quote_gets_its_end() {
        for (text, expected) in [
            ("do $$|", "do $$$$"),
            ("do $é$|\n", "do $é$$é$\n"),
            ("do $|", "do $"),
            ("do $$ begin end $$|", "do $$ begin end $$"),
            ("do $$ begin end $|", "do $$ begin end $"),
            ("select a$b$|", "select a$b$"),
            ("select '$$|", "select '$$"),
            ("-- $$|", "-- $$"),
            ("do $$|;\ndo $$ begin end $$;", "do $$$$;\ndo $$ begin end $$;"),
            ("do $$|;\ndo $x$ begin end $x$;", "do $$$$;\ndo $x$ begin end $x$;"),
        ] {
            assert_eq!(typed(text, "$"), expected, "{text}");
        }
    }

    #[test]
    fn a_block_gets_its_end() {
        for (text, expected) in [
            // Strings that are no bodies, and bodies in other languages.
            ("insert into t values ($$\nif a then\n|\n$$);", "insert into t values ($$\nif a then\n\n$$);"),
            ("do language plpython3u $$\nif a then\n|\n$$;", "do language plpython3u $$\nif a then\n\n$$;"),
            ("do $$\nbegin\n|\n$$;", "do $$\nbegin\n\nend;\n$$;"),
            (
                "do $$\nBEGIN\n  IF é THEN\n  |\nEND;\n$$;",
                "do $$\nBEGIN\n  IF é THEN\n  \n  END IF;\nEND;\n$$;",
            ),
            (
                "do $$\nbegin\n  if a then\n  |\n  end if;\nend;\n$$;",
                "do $$\nbegin\n  if a then\n  \n  end if;\nend;\n$$;",
            ),
            (
                "do $$\nbegin\n  if a then\n    if b then\n    |\n  end if;\nend;\n$$;",
                "do $$\nbegin\n  if a then\n    if b then\n    \n    end if;\n  end if;\nend;\n$$;",
            ),
            (
                "do $$\r\nbegin\r\n  loop\r\n|\r\nend;\r\n$$;",
                "do $$\r\nbegin\r\n  loop\r\n\r\nend loop;\r\nend;\r\n$$;",
            ),
            ("begin\n|", "begin\n"),
            (
                "do $$\nbegin\n  x := case\n  |\n  end;\nend $$",
                "do $$\nbegin\n  x := case\n  \n  end;\nend $$",
            ),
            ("do $$\nbegin\n|", "do $$\nbegin\n\nend;"),
            ("do $$ begin\n|\n$$", "do $$ begin\n\nend;\n$$"),
            ("select 1;\n  do $$ begin\n|", "select 1;\n  do $$ begin\n\n  end;"),
            (
                "do $$\nBEGIN\n  WHILE a LOOP\n  |\nEND;\n$$;",
                "do $$\nBEGIN\n  WHILE a LOOP\n  \n  END LOOP;\nEND;\n$$;",
            ),
            (
                "do '\nbegin\n  if ''é'' then\n  |\nend;\n';",
                "do '\nbegin\n  if ''é'' then\n  \n  end if;\nend;\n';",
            ),
            (
                "do '\nbegin\n  perform ''é'';\n  begin\n  |",
                "do '\nbegin\n  perform ''é'';\n  begin\n  \n  end;",
            ),
            (
                "do $$\nbegin\n  selec 1;\n  for i in 1..2 loop\n  |\nend;\n$$;",
                "do $$\nbegin\n  selec 1;\n  for i in 1..2 loop\n  \n  end loop;\nend;\n$$;",
            ),
            // What is well as it is, however it is indented.
            (
                "do $$\n  begin\n    if a then\n    |\n  end if;\nend $$",
                "do $$\n  begin\n    if a then\n    \n  end if;\nend $$",
            ),
            (
                "create function f() returns int begin atomic\n|",
                "create function f() returns int begin atomic\n\nend;",
            ),
            ("do $$\nbegin\n  perform 1;\n|\nend $$", "do $$\nbegin\n  perform 1;\n\nend $$"),
        ] {
            let text = text.replace("\r\n  loop\r\n|", "\r\nloop\r\n|");
            let expected = expected.replace("\r\n  loop\r\n", "\r\nloop\r\n");
            assert_eq!(typed(&text, "\n"), expected, "{text}");
        }
    }
}
