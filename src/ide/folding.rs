//! Folding ranges: statements, brackets, CASE, bodies, comments, COPY data; regions, transactions and `\if` across
//! statements.

mod body;

use super::written::Written;
use crate::syntax::StatementKind;
use crate::syntax::ast::Token as TokenKind;
use crate::syntax::cst::Element;
use crate::syntax::grammar::Token;
use crate::text::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Code,
    Comment,
    Region,
}

/// A range that can be folded. It has more than one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fold {
    pub kind: Kind,
    /// From the first byte of the statement, or of the document.
    pub span: Span,
    /// The last line is to stay in sight: it holds what closes the fold, alone or with something behind it.
    pub closed_by_line: bool,
}

/// What opens or closes a range over statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    OpenRegion,
    CloseRegion,
    Begin,
    Commit,
    If,
    /// `\elif`, `\else`: closes one part and opens another.
    Else,
    EndIf,
}

/// What one statement has to fold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folds {
    pub folds: Vec<Fold>,
    /// With the span of what is the mark, in the order of the text.
    pub marks: Vec<(Mark, Span)>,
}

/// The folds and marks of a statement, in it.
pub fn folds(written: &Written) -> Folds {
    let mut found = Folds::default();
    comments(&written.text, &written.tokens, &mut found);
    match written.kind {
        StatementKind::Blank => return found,
        StatementKind::Psql => {
            let command = written.slice(written.code).trim_start_matches('\\');
            let word = command.split_whitespace().next().unwrap_or("");
            let mark = match word {
                "if" => Some(Mark::If),
                "elif" | "else" => Some(Mark::Else),
                "endif" => Some(Mark::EndIf),
                _ => None,
            };
            let end = written.code.start + written.slice(written.code).trim_end().len();
            found.marks.extend(mark.map(|mark| (mark, Span::new(written.code.start, end))));
            return found;
        }
        StatementKind::Sql => {}
    }
    let mut add = |span: Span, closes: bool| {
        let text = written.slice(span);
        if text.contains(['\n', '\r']) {
            found.folds.push(Fold { kind: Kind::Code, span, closed_by_line: closes });
        }
    };
    // COPY's data belongs to its statement; a psql command behind a query does not.
    let behind = &written.text[written.code.end..];
    let has_data = behind.trim_start_matches([' ', '\t']).starts_with(['\n', '\r']);
    let end = if has_data { written.text.trim_end().len() } else { written.code.end };
    let code = written.slice(Span::new(written.code.start, end.max(written.code.start)));
    add(Span::new(written.code.start, written.code.start + code.trim_end().len()), false);
    in_code(written, &mut add);
    found.folds.extend(body::folds(written));
    found.marks.extend(transaction(written));
    found.marks.sort_by_key(|(_, span)| span.start);
    found
}

/// What folds in a statement: brackets, strings, CASE, common table expressions.
fn in_code(written: &Written, add: &mut impl FnMut(Span, bool)) {
    brackets(written, add);
    for token in &written.tokens {
        // Bodies, and any other string of several lines.
        if matches!(token.kind, TokenKind::Sconst | TokenKind::Usconst) {
            add(token.span, true);
        }
    }
    if let Some(open) = written.unclosed {
        add(Span::new(open.start, open.start + written.slice(open).trim_end().len()), false);
    }
    for node in written.tree.nodes() {
        let element = Element::Node(node);
        match written.tree.name(node) {
            "case_expr" | "common_table_expr" | "opt_routine_body" => add(written.tree.span(element), true),
            _ => {}
        }
    }
}

/// Pairs of parentheses and square brackets, however broken the text.
fn brackets(written: &Written, add: &mut impl FnMut(Span, bool)) {
    let mut open: Vec<(bool, usize)> = Vec::new();
    for token in &written.tokens {
        let square = token.is_char(b'[') || token.is_char(b']');
        if token.is_char(b'(') || token.is_char(b'[') {
            open.push((square, token.span.start));
        } else if token.is_char(b')') || token.is_char(b']') {
            // What was left open within is passed over.
            let Some(at) = open.iter().rposition(|(other, _)| *other == square) else { continue };
            add(Span::new(open[at].1, token.span.end), true);
            open.truncate(at);
        }
    }
}

/// Block comments of several lines, runs of comments that have their lines for themselves, region marks.
fn comments(whole: &str, tokens: &[Token], found: &mut Folds) {
    let mut run: Option<Span> = None;
    let mut lines = 0;
    let finish = |run: &mut Option<Span>, lines: &mut usize, found: &mut Folds| {
        if let Some(span) = run.take()
            && *lines > 1
        {
            found.folds.push(Fold { kind: Kind::Comment, span, closed_by_line: false });
        }
        *lines = 0;
    };
    let mut behind = 0;
    for token in tokens {
        let between = &whole[behind..token.span.start];
        behind = token.span.end;
        if !token.is_comment() {
            finish(&mut run, &mut lines, found);
            continue;
        }
        let text = &whole[token.span.range()];
        if token.kind == TokenKind::CComment {
            finish(&mut run, &mut lines, found);
            if text.contains(['\n', '\r']) {
                found.folds.push(Fold { kind: Kind::Comment, span: token.span, closed_by_line: false });
            }
            continue;
        }
        let mark = region(text);
        // The first comment of a statement may stand behind the one before it, on its line.
        let own_line = between.contains(['\n', '\r']) || token.span.start == 0;
        let breaks = between.matches('\n').count().max(between.matches('\r').count());
        if mark.is_some() || !own_line || breaks > 1 || run.is_none() {
            finish(&mut run, &mut lines, found);
        }
        match mark {
            Some(mark) => found.marks.push((mark, token.span)),
            None if own_line => {
                run = Some(Span::new(run.map_or(token.span.start, |run| run.start), token.span.end));
                lines += 1;
            }
            None => {}
        }
    }
    finish(&mut run, &mut lines, found);
}

/// `-- region name`, `-- endregion`, `--#region`.
fn region(comment: &str) -> Option<Mark> {
    let word = comment.trim_start_matches('-').trim_start().trim_start_matches('#');
    let word = word.split(|c: char| c.is_whitespace() || c == ':').next().unwrap_or("");
    match word {
        "region" | "REGION" => Some(Mark::OpenRegion),
        "endregion" | "ENDREGION" => Some(Mark::CloseRegion),
        _ => None,
    }
}

/// Whether a statement begins or ends a transaction.
fn transaction(written: &Written) -> Option<(Mark, Span)> {
    let parts = written.parts();
    let mut words = parts.iter().filter_map(|part| match part {
        Element::Terminal(n) => Some(written.tree.terminal(*n).token.kind),
        Element::Node(_) => None,
    });
    let (first, second) = (words.next()?, words.next());
    let owner = match parts.first()? {
        Element::Terminal(n) => written.tree.owner(*n)?,
        Element::Node(_) => return None,
    };
    if !matches!(written.tree.name(owner), "TransactionStmt" | "TransactionStmtLegacy") {
        return None;
    }
    let mark = match (first, second) {
        (TokenKind::BeginP | TokenKind::Start, _) => Mark::Begin,
        // `COMMIT PREPARED` and `ROLLBACK TO` end none.
        (_, Some(TokenKind::Prepared | TokenKind::To)) => return None,
        (TokenKind::Commit | TokenKind::EndP | TokenKind::AbortP | TokenKind::Rollback, _) => Mark::Commit,
        (TokenKind::Prepare, Some(TokenKind::Transaction)) => Mark::Commit,
        _ => return None,
    };
    Some((mark, written.code))
}

/// The ranges that marks of a document span; `marks` are in the order of the text.
pub fn between(marks: impl IntoIterator<Item = (Mark, Span)>) -> Vec<Fold> {
    let mut folds = Vec::new();
    let (mut regions, mut conditions, mut transaction) = (Vec::new(), Vec::new(), None);
    for (mark, span) in marks {
        match mark {
            Mark::OpenRegion => regions.push(span.start),
            Mark::CloseRegion => {
                if let Some(start) = regions.pop() {
                    let span = Span::new(start, span.end);
                    folds.push(Fold { kind: Kind::Region, span, closed_by_line: false });
                }
            }
            Mark::If => conditions.push(span.start),
            Mark::Else | Mark::EndIf => {
                if let Some(start) = conditions.pop() {
                    let fold = Span::new(start, span.end);
                    folds.push(Fold { kind: Kind::Code, span: fold, closed_by_line: true });
                    if mark == Mark::Else {
                        conditions.push(span.start);
                    }
                }
            }
            // A second BEGIN in a transaction is only a warning to PostgreSQL.
            Mark::Begin => {
                transaction.get_or_insert(span.start);
            }
            Mark::Commit => {
                if let Some(start) = transaction.take() {
                    let span = Span::new(start, span.end);
                    folds.push(Fold { kind: Kind::Code, span, closed_by_line: true });
                }
            }
        }
    }
    folds
}

/// Folds as lines: where two begin on one line the larger one counts; at most `limit`, the outer ones first.
/// `lines` gives the first and last line of a span. The last number of each is its last line.
pub fn by_lines(
    folds: &[Fold],
    limit: Option<usize>,
    mut lines: impl FnMut(Span) -> (u32, u32),
) -> Vec<(Fold, u32, u32)> {
    let mut found: Vec<(Fold, u32, u32)> = folds
        .iter()
        .map(|fold| {
            let (first, last) = lines(fold.span);
            (*fold, first, if fold.closed_by_line { last.saturating_sub(1) } else { last })
        })
        .filter(|(_, first, last)| last > first)
        .collect();
    found.sort_by_key(|(fold, first, last)| (*first, std::cmp::Reverse(*last), fold.kind));
    found.dedup_by_key(|(_, first, _)| *first);
    let Some(limit) = limit.filter(|limit| found.len() > *limit) else { return found };
    let mut open: Vec<u32> = Vec::new();
    let mut by_depth: Vec<(usize, usize)> = Vec::with_capacity(found.len());
    for (n, (_, first, last)) in found.iter().enumerate() {
        while open.last().is_some_and(|end| end < first) {
            open.pop();
        }
        by_depth.push((open.len(), n));
        open.push(*last);
    }
    by_depth.sort_unstable();
    let mut kept: Vec<usize> = by_depth.into_iter().take(limit).map(|(_, n)| n).collect();
    kept.sort_unstable();
    kept.into_iter().map(|n| found[n]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::Script;

    /// The folds of a text as `first-last kind`, by lines from 0.
    fn shown(text: &str, limit: Option<usize>) -> Vec<String> {
        let script = Script::from(text);
        let (mut all, mut marks) = (Vec::new(), Vec::new());
        for placed in script.statements() {
            let found = folds(&Written::new(&script, &placed));
            all.extend(found.folds.iter().map(|fold| Fold { span: fold.span.shift(placed.start), ..*fold }));
            marks.extend(found.marks.iter().map(|(mark, span)| (*mark, span.shift(placed.start))));
        }
        all.extend(between(marks));
        let line = |offset: usize| script.document().rope().byte_to_line(offset) as u32;
        by_lines(&all, limit, |span| (line(span.start), line(span.end)))
            .iter()
            .map(|(fold, first, last)| format!("{first}-{last} {:?}", fold.kind))
            .collect()
    }

    #[test]
    fn what_has_several_lines_folds() {
        for (text, folds) in [
            ("select 1;", &[][..]),
            ("select\n  1;\nselect 2;", &["0-1 Code"][..]),
            ("create table t (\r\n  a int,\r\n  b int\r\n);\r\n", &["0-3 Code"]),
            ("select case\n when a then\n 1\n end,\n (\n select 1\n );", &["0-6 Code", "4-5 Code"]),
            ("with a as (\n select 1\n), b as (\n select 2\n)\nselect 3;", &["0-5 Code", "2-3 Code"]),
            (
                "create function f() returns int\nlanguage sql as $é$\n select 1;\n$é$;",
                &["0-3 Code", "1-2 Code"],
            ),
            ("-- a\n-- b\nselect 1;", &["0-1 Comment"]),
            ("select 1; -- a\n-- b\n-- c\n\n-- d\nselect 1;", &["1-2 Comment"]),
            ("/* a\n b */ select 1;", &["0-1 Comment"]),
            ("select 1;\n-- a\n-- b", &["1-2 Comment"]),
            ("copy t from stdin;\n1\n2\n\\.\nselect 1;", &["0-3 Code"]),
            ("select 1 \\gset\nselect 2;", &[]),
            ("-- region é\nselect 1;\n-- endregion\n-- x", &["0-2 Region"]),
            ("begin;\nselect 1;\ncommit;", &["0-1 Code"]),
            ("begin;\nsavepoint a;\nrollback to a;\nrollback;", &["0-2 Code"]),
            ("\\if :x\nselect 1;\n\\else\nselect 2;\n\\endif\n", &["0-1 Code", "2-3 Code"]),
            ("select (\n a\n , [\n", &["0-2 Code"]),
            ("select 'a\n b", &["0-1 Code"]),
            ("", &[]),
            (
                "do $$\ndeclare\n a int;\n b int;\nbegin\n if a then\n  null;\n elsif b then\n  null;\n else\n  null;\n \
                 end if;\nexception\n when others then\n  null;\n  null;\nend\n$$;",
                &[
                    "0-17 Code",
                    "1-3 Code",
                    "4-11 Code",
                    "5-6 Code",
                    "7-8 Code",
                    "9-10 Code",
                    "12-15 Code",
                    "13-15 Code",
                ],
            ),
            (
                "do 'begin\n <<l>>\n for i in 1..2 loop\n  case i\n  when 1 then\n   perform\n    (\n     1\n    );\n  \
                 end case;\n end loop;\n -- a\n -- b\nend';",
                &["0-13 Code", "2-9 Code", "3-8 Code", "4-8 Code", "5-8 Code", "6-7 Code", "11-12 Comment"],
            ),
            (
                "create function f() returns int language sql as $$\n select\n  1;\n -- c\n -- d\n select (\n 2\n)$$",
                &["0-7 Code", "1-2 Code", "3-4 Comment", "5-7 Code"],
            ),
            ("do $$\nbegin\n loop\n  x := 1 +\n", &["0-3 Code", "1-3 Code", "2-3 Code"]),
            ("create procedure p()\nbegin atomic\n select 1;\nend;", &["0-3 Code", "1-2 Code"]),
        ] {
            assert_eq!(shown(text, None), folds, "{text}");
        }
    }

    #[test]
    fn the_outer_ones_stay_where_there_is_a_limit() {
        let text = "select (\n(\n(\n1\n)\n)\n);\nselect (\n2\n);";
        assert_eq!(shown(text, None).len(), 4);
        assert_eq!(shown(text, Some(2)), ["0-6 Code", "7-9 Code"]);
        assert_eq!(shown(text, Some(0)).len(), 0);
    }
}
