//! The code in a statement's strings: bodies of functions, procedures and DO, and what `EXECUTE` is given.

use std::sync::{Arc, OnceLock};

use super::ast::{DefElem, NodeEnum, Token};
use super::dialect::Dialect;
use super::grammar::{self, ParseMode};
use super::literal::Literal;
use super::params;
use super::plpgsql::ast::{OpenSource, Sql, StatementKind};
use super::plpgsql::{self, Node, Signature};
use super::statement::{self, Parse, SyntaxError};
use crate::text::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Sql,
    Plpgsql,
}

impl Language {
    fn named(name: &str) -> Option<Language> {
        match name {
            "sql" => Some(Language::Sql),
            "plpgsql" => Some(Language::Plpgsql),
            _ => None,
        }
    }

    /// The language that a body is in by what it begins with.
    fn of(text: &str) -> Language {
        let (tokens, _) = grammar::scan(text);
        let first = tokens.iter().find(|token| !token.is_comment());
        let is_block = first.is_some_and(|token| {
            matches!(token.kind, Token::BeginP | Token::Declare)
                || matches!(&text[token.span.range()], "<<" | "#")
        });
        if is_block { Language::Plpgsql } else { Language::Sql }
    }
}

/// A string that is code.
#[derive(Debug)]
pub struct Body {
    pub language: Language,
    /// The literal with its quotes, in the code around it.
    pub literal: Span,
    /// What the literal stands for.
    pub text: Arc<str>,
    map: Literal,
    is_dollar_quoted: bool,
    signature: Signature,
    content: OnceLock<Content>,
    bodies: OnceLock<Vec<Body>>,
}

/// A body's parse. Its spans are in the body's text.
#[derive(Debug)]
pub enum Content {
    /// Several statements, perhaps.
    Sql(SqlBody),
    Plpgsql(plpgsql::Function),
}

/// The statements of a body in SQL.
#[derive(Debug)]
pub struct SqlBody {
    /// All of it as one text: the tree has a node for each statement.
    pub parse: Parse,
    /// Each statement from its first token through its semicolon.
    pub statements: Vec<Span>,
    /// What is wrong with each statement; the first one is what PostgreSQL reports.
    pub errors: Vec<SyntaxError>,
}

impl Body {
    fn new(language: Language, code: &str, literal: Span, signature: Signature) -> Option<Body> {
        let written = &code[literal.range()];
        let map = Literal::read(written)?;
        Some(Body::with(language, written, literal, map, signature))
    }

    /// The body that a literal is in `code`, which need not be SQL: what stands around it says it as far as it can be
    /// read, then what the body begins with. A literal without an end goes to the end of its text.
    pub fn assumed(code: &str, literal: Span, dialect: Dialect) -> Option<Body> {
        let written = code.get(literal.range())?;
        let map = Literal::read(written).or_else(|| Literal::read_open(written))?;
        let (head, tail) = (&code[..literal.start], &code[literal.end..]);
        let readings = [format!("{head}''{tail}"), format!("{head}''")];
        let said = readings.iter().find_map(|text| {
            let parse = Parse::new(text, dialect);
            parse.nodes().find_map(|node| said(node, text)).filter(|said| said.literal.start == literal.start)
        });
        let (language, signature) = match said {
            Some(said) => (said.language, said.signature),
            None if !is_routine(head) => return None,
            None => (written_language(head).or_else(|| written_language(tail)), Signature::unknown()),
        };
        let language = language.unwrap_or_else(|| Some(Language::of(&map.text)))?;
        Some(Body::with(language, written, literal, map, signature))
    }

    fn with(language: Language, written: &str, literal: Span, map: Literal, signature: Signature) -> Body {
        Body {
            language,
            literal,
            text: map.text.as_str().into(),
            map,
            is_dollar_quoted: written.starts_with('$'),
            signature,
            content: OnceLock::new(),
            bodies: OnceLock::new(),
        }
    }

    /// Where a range of the body's text stands in the code around the literal, without the quotes between the
    /// literal's parts.
    pub fn pieces(&self, span: Span) -> impl Iterator<Item = Span> {
        self.map.pieces(span).into_iter().map(|piece| piece.shift(self.literal.start))
    }

    /// Whether it stands between single quotes, so that one in it is written twice.
    pub fn is_quoted(&self) -> bool {
        !self.is_dollar_quoted
    }

    /// What is between the quotes, in the code around the literal.
    pub fn inside(&self) -> Span {
        self.map.content().shift(self.literal.start)
    }

    /// Where a range of the body's text stands in the code around the literal.
    pub fn to_outer(&self, span: Span) -> Span {
        self.map.to_outer(span).shift(self.literal.start)
    }

    /// The offset in the body's text for one in the code around; `None` outside and in the quotes.
    pub fn to_inner(&self, offset: usize) -> Option<usize> {
        let mut inner = self.map.to_inner(offset.checked_sub(self.literal.start)?)?;
        // Of a character whose bytes are escapes of their own it is the beginning.
        while !self.text.is_char_boundary(inner) {
            inner -= 1;
        }
        Some(inner)
    }

    /// The function around a body in PL/pgSQL.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// What the parser makes of it; it is parsed at the first call.
    pub fn content(&self) -> &Content {
        self.content.get_or_init(|| {
            let mut content = match self.language {
                Language::Sql => Content::Sql(SqlBody::new(&self.text)),
                Language::Plpgsql => Content::Plpgsql(plpgsql::parse(&self.text, &self.signature)),
            };
            let errors = match &mut content {
                Content::Sql(sql) => &mut sql.errors,
                Content::Plpgsql(function) => &mut function.errors,
            };
            if !errors.is_empty()
                && let Some(template) = template(&self.text)
            {
                errors.retain(|error| error.span.end <= template);
            }
            content
        })
    }

    /// What is wrong with it, in its text.
    pub fn errors(&self) -> &[SyntaxError] {
        match self.content() {
            Content::Sql(sql) => &sql.errors,
            Content::Plpgsql(function) => &function.errors,
        }
    }

    /// The bodies in it; their literals are in this body's text.
    pub fn bodies(&self) -> &[Body] {
        match self.content() {
            Content::Sql(sql) => sql.parse.bodies(),
            Content::Plpgsql(function) => self.bodies.get_or_init(|| inner_bodies(function)),
        }
    }
}

/// Where a text stops being SQL until a template is filled in: at its first brace. No SQL has one outside its strings,
/// and what is put there may be anything.
fn template(text: &str) -> Option<usize> {
    let tokens = params::loose_tokens(text);
    let brace = tokens.iter().find(|token| text[token.span.range()].starts_with('{'))?.span.start;
    Some(text[..brace].trim_end_matches(['$', '#', '{']).len())
}

impl SqlBody {
    fn new(text: &str) -> SqlBody {
        let parse = Parse::plain(text);
        let mut errors = parse.errors.clone();
        let mut statements = Vec::new();
        for span in statement_spans(text) {
            // The first error is the whole body's; a statement behind it may have one of its own.
            if let Some(first) = errors.first()
                && span.start > first.span.start
                && let Err(error) = grammar::check(&text[span.range()])
            {
                let error = statement::on_token(error, &text[span.range()]);
                errors.push(SyntaxError { span: error.span.shift(span.start), ..error });
            }
            statements.push(span);
        }
        SqlBody { parse, statements, errors }
    }
}

/// A body's statements, cut at semicolons outside parentheses and outside `BEGIN ATOMIC`: psql's rule without psql's
/// own commands.
fn statement_spans(text: &str) -> Vec<Span> {
    let (tokens, _) = grammar::scan(text);
    let mut spans = Vec::new();
    let (mut start, mut end) = (None, 0);
    let (mut parentheses, mut blocks) = (0usize, 0usize);
    let mut before = None;
    for token in tokens.iter().filter(|token| !token.is_comment()) {
        if token.is_char(b'(') {
            parentheses += 1;
        } else if token.is_char(b')') {
            parentheses = parentheses.saturating_sub(1);
        }
        match token.kind {
            Token::Atomic if before == Some(Token::BeginP) => blocks += 1,
            Token::Case if blocks > 0 => blocks += 1,
            Token::EndP if blocks > 0 => blocks -= 1,
            _ => {}
        }
        before = Some(token.kind);
        let first = *start.get_or_insert(token.span.start);
        end = token.span.end;
        if token.is_char(b';') && parentheses == 0 && blocks == 0 {
            if first < token.span.start {
                spans.push(Span::new(first, end));
            }
            start = None;
        }
    }
    if let Some(start) = start {
        spans.push(Span::new(start, end.max(start)));
    }
    spans
}

/// The bodies in a statement's strings. What the grammar reads itself (`BEGIN ATOMIC`) is in the statement's tree.
pub(super) fn bodies_of(parse: &Parse) -> Vec<Body> {
    parse
        .nodes()
        .filter_map(|node| {
            let Said { literal, language, signature } = said(node, &parse.sql)?;
            Body::new(language??, &parse.sql, literal, signature)
        })
        // Of a variable of psql (`DO :'code'`) it is not known what it holds.
        .filter(|body| {
            let is_within = |span: Span| span.start < body.literal.end && body.literal.start < span.end;
            !parse.parameters.iter().any(|parameter| is_within(parameter.span))
        })
        .collect()
}

/// What a statement says of the body in it.
struct Said {
    literal: Span,
    /// Absent where it is not said, `Some(None)` where it is another one.
    language: Option<Option<Language>>,
    signature: Signature,
}

fn said(node: &NodeEnum, code: &str) -> Option<Said> {
    match node {
        NodeEnum::CreateFunctionStmt(function) => {
            let source = option(&function.options, "as")?;
            // With two strings it names an object file's symbol.
            let Some(NodeEnum::List(strings)) = source.arg.as_ref()?.node.as_ref() else { return None };
            if strings.items.len() != 1 {
                return None;
            }
            let language = option(&function.options, "language").map(language);
            Some(Said {
                literal: literal_behind(code, source)?,
                language,
                signature: Signature::of(function),
            })
        }
        NodeEnum::DoStmt(block) => {
            let literal = literal_behind(code, option(&block.args, "as")?)?;
            let language = option(&block.args, "language").map_or(Some(Language::Plpgsql), language);
            // SQL has no DO.
            let language = Some(language.filter(|language| *language == Language::Plpgsql));
            Some(Said { literal, language, signature: Signature::inline() })
        }
        _ => None,
    }
}

fn option<'a>(options: &'a [super::ast::Node], name: &str) -> Option<&'a DefElem> {
    options.iter().find_map(|node| match &node.node {
        Some(NodeEnum::DefElem(element)) if element.defname == name => Some(&**element),
        _ => None,
    })
}

fn language(element: &DefElem) -> Option<Language> {
    match element.arg.as_ref()?.node.as_ref()? {
        NodeEnum::String(name) => Language::named(&name.sval),
        _ => None,
    }
}

/// Whether a text goes from CREATE FUNCTION or PROCEDURE to its AS.
fn is_routine(head: &str) -> bool {
    let (tokens, _) = grammar::scan(head);
    let mut kinds = tokens.iter().filter(|token| !token.is_comment()).map(|token| token.kind);
    kinds.next() == Some(Token::Create)
        && kinds.any(|kind| matches!(kind, Token::Function | Token::Procedure))
        && kinds.next_back() == Some(Token::As)
}

/// What stands behind LANGUAGE in text that need not be SQL.
fn written_language(text: &str) -> Option<Option<Language>> {
    let (tokens, _) = grammar::scan(text);
    let at = tokens.iter().position(|token| token.kind == Token::Language)?;
    let name = text[tokens.get(at + 1)?.span.range()].trim_matches(['\'', '"']);
    Some(Language::named(&name.to_ascii_lowercase()))
}

/// The literal of an option: where the option begins, or behind its AS.
fn literal_behind(code: &str, option: &DefElem) -> Option<Span> {
    let start = usize::try_from(option.location).ok()?;
    let rest = code.get(start..)?;
    let (tokens, _) = grammar::scan(rest);
    let mut tokens = tokens.iter().filter(|token| !token.is_comment());
    let mut token = tokens.next()?;
    if token.kind == Token::As {
        token = tokens.next()?;
    }
    let mut span = token.span;
    match token.kind {
        Token::Sconst => {}
        Token::Usconst => {
            if tokens.next().is_some_and(|token| token.kind == Token::Uescape)
                && let Some(escape) = tokens.next()
            {
                span.end = escape.span.end;
            }
        }
        _ => return None,
    }
    Some(span.shift(start))
}

/// The bodies in a body in PL/pgSQL: those of its statements that make functions, and literals that are executed.
fn inner_bodies(function: &plpgsql::Function) -> Vec<Body> {
    let text: &str = &function.text;
    let mut found = Vec::new();
    function.walk(&mut |node| {
        let Node::Statement(statement) = node else { return };
        let executed: Option<&Sql> = match &statement.kind {
            StatementKind::Sql(sql) | StatementKind::Do { sql: Some(sql), .. } => {
                let code = sql.code(text);
                let first = code.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("");
                if first.eq_ignore_ascii_case("create") || first.eq_ignore_ascii_case("do") {
                    found.extend(bodies_of(&Parse::plain(&code)).into_iter().map(|mut body| {
                        body.literal = body.literal.shift(sql.span.start);
                        body
                    }));
                }
                None
            }
            StatementKind::Execute { query, .. } | StatementKind::ReturnExecute { query, .. } => {
                query.as_ref()
            }
            StatementKind::Open { source: OpenSource::Execute { query, .. }, .. } => query.as_ref(),
            StatementKind::Loop(body) => match &body.head {
                plpgsql::ast::LoopHead::Execute { query, .. } => query.as_ref(),
                _ => None,
            },
            _ => None,
        };
        if let Some(sql) = executed.filter(|sql| sql.mode == ParseMode::PlpgsqlExpression) {
            found.extend(Body::new(Language::Sql, text, sql.span, Signature::unknown()));
        }
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::Dialect;

    fn only(parse: &Parse) -> &Body {
        let bodies = parse.bodies();
        assert_eq!(bodies.len(), 1, "{}", parse.text);
        &bodies[0]
    }

    #[test]
    fn what_is_executed_is_a_literal_or_no_body() {
        for (executed, count) in
            [("'select 1'", 1), ("$q$select 1$q$", 1), ("u", 0), ("u('x')", 0), ("'select ' || x", 0)]
        {
            let text = format!("do $$ begin execute {executed}; end $$");
            let parse = Parse::new(&text, Dialect::UNKNOWN);
            assert_eq!(only(&parse).bodies().len(), count, "{executed}");
        }
    }

    #[test]
    fn a_type_of_the_users_is_not_polymorphic() {
        for (ty, says) in [("anyrow", None), ("anyelement", Some("\"x.a\" is not a known variable"))] {
            let text = format!(
                "create function f(x {ty}) returns int language plpgsql as $$ begin x.a := 1; return 1; end $$"
            );
            let parse = Parse::new(&text, Dialect::UNKNOWN);
            let said = parse.body_errors().first().map(|error| error.message.clone());
            assert_eq!(said.as_deref(), says, "{ty}");
        }
    }

    #[test]
    fn bodies_are_found_in_every_quote() {
        for (text, body) in [
            ("create function f() returns int language sql as $$select 1$$", "select 1"),
            ("create function f() returns int as $a$select 1$a$ language 'sql'", "select 1"),
            (
                "create or replace procedure p() language \"plpgsql\" as 'begin call q(''x''); end'",
                "begin call q('x'); end",
            ),
            ("create function f() returns int as E'select\\n1' language sql immutable", "select\n1"),
            ("create function f() returns int as 'select'\n' 1' language sql", "select 1"),
            ("create function f() returns text as U&'select !00e9' UESCAPE '!' language sql", "select é"),
            ("do $$begin end$$", "begin end"),
            ("do language plpgsql /* x */ $$begin end$$", "begin end"),
            ("do $$begin end$$ language PLPGSQL", "begin end"),
        ] {
            assert_eq!(&*only(&Parse::new(text, Dialect::UNKNOWN)).text, body, "{text}");
        }
        for text in [
            "create function f() returns int language plpython3u as $$select 1$$",
            "create function f() returns int language c as 'a', 'b'",
            "create function f() returns int language sql begin atomic select 1; end",
            "create function f() returns int language sql return 1",
            "do language plperl $$x$$",
            "select $$begin$$",
            "do :'code'",
            "create function f() returns int language sql as :'code'",
        ] {
            assert!(Parse::new(text, Dialect::UNKNOWN).bodies().is_empty(), "{text}");
        }
    }

    #[test]
    fn a_body_is_known_in_broken_text() {
        for (text, expected) in [
            ("create function f(a int) returns int as $$begin", Some((Language::Plpgsql, 1))),
            ("create function f(a int) returns int as $$select", Some((Language::Sql, 1))),
            (
                "create function f(a int) returns int language plpgsql as $$ -- x",
                Some((Language::Plpgsql, 1)),
            ),
            (
                "create function f(a int,) returns int as $$<<a>> begin$$ language plpgsql",
                Some((Language::Plpgsql, 0)),
            ),
            (
                "create function f(a int) returns int as $$begin$$ language plpgsql immutabl",
                Some((Language::Plpgsql, 1)),
            ),
            ("create function f(a int) returns int language plpython3u as $$begin", None),
            ("create function f(a int,) returns int language plpython3u as $$begin", None),
            ("do $$", Some((Language::Plpgsql, 0))),
            ("do 'begin", Some((Language::Plpgsql, 0))),
            ("do language sql $$", None),
            ("create view v as $$select", None),
            ("select $$begin", None),
        ] {
            let start = text.find(['$', '\'']).unwrap();
            let end =
                text[start + 1..].rfind("$$").filter(|at| *at > 1).map_or(text.len(), |at| start + at + 3);
            let body = Body::assumed(text, Span::new(start, end), Dialect::UNKNOWN);
            let found = body.map(|body| (body.language, body.signature.arguments.len()));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn errors_are_on_their_tokens_in_the_statement() {
        for (text, spans) in [
            (
                "create function f() returns int language sql as 'select ''x'' frm a b; selec 1;'",
                &["a", "selec"][..],
            ),
            ("create function f() returns int language sql as 'select 1 where;'", &[";"]),
            ("do E'begin\\n x := ; end'", &["x"]),
            ("do $$ begin if true then selec 1; end if; y = 2; perform 1 1; end $$", &["selec", "y", "1"]),
        ] {
            let parse = Parse::new(text, Dialect::UNKNOWN);
            let shown: Vec<&str> =
                parse.body_errors().iter().map(|error| &text[error.span.range()]).collect();
            assert_eq!(shown, spans, "{text} {:?}", parse.body_errors());
        }
    }

    #[test]
    fn a_template_in_a_body_is_no_error() {
        for (text, errors) in [
            ("create function f() returns int language sql as $$select 1 from ${schema}.t where$$", 0),
            ("do $$ begin perform {{ name }}(1); end $$", 0),
            ("do $$ begin {% if x %} perform 1; {% endif %} end $$", 0),
            ("do $$ begin selec 1; perform #{x}; end $$", 1),
            ("do $$ begin selec '{a}'; end $$", 1),
        ] {
            let parse = Parse::new(text, Dialect::UNKNOWN);
            assert_eq!(parse.body_errors().len(), errors, "{text}: {:?}", parse.body_errors());
        }
    }

    #[test]
    fn a_place_is_between_characters() {
        let text = r"do E'\xc3\xa9'";
        let parse = Parse::new(text, Dialect::UNKNOWN);
        let body = only(&parse);
        let places: Vec<_> = (0..=text.len()).filter_map(|offset| body.to_inner(offset)).collect();
        assert_eq!(places, [0, 0, 0, 0, 0, 0, 0, 0, 2]);
    }

    #[test]
    fn bodies_nest() {
        let text = "do $a$ begin
            create function f() returns int language sql as $b$ select 1 from $b$;
            execute 'create function g() returns int language plpgsql as ''begin retur 1; end''';
            end $a$";
        let parse = Parse::new(text, Dialect::UNKNOWN);
        let outer = only(&parse);
        assert_eq!(parse.body_errors(), []);
        let [f, g] = outer.bodies() else { panic!("{:?}", outer.bodies()) };
        assert_eq!((f.language, &*f.text, f.errors().len()), (Language::Sql, " select 1 from ", 1));
        assert_eq!(g.language, Language::Sql);
        let inner = &g.bodies()[0];
        assert_eq!(&*inner.text, "begin retur 1; end");
        // All the way out.
        let at = inner.text.find("retur").unwrap();
        let span = inner.to_outer(Span::new(at, at + 5));
        let span = outer.to_outer(g.to_outer(span));
        assert_eq!(&text[span.range()], "retur");
        let back = outer.to_inner(span.start).and_then(|at| g.to_inner(at)).and_then(|at| inner.to_inner(at));
        assert_eq!(back, Some(at));
    }

    #[test]
    fn the_statements_of_a_body_in_sql() {
        let text = "select ';'; create rule r as on insert to t do (select 1; select 2);; -- x\n
            create function f() returns int language sql begin atomic select case when true then 1 end; end; select 3";
        let statements: Vec<&str> =
            statement_spans(text).into_iter().map(|span| &text[span.range()]).collect();
        assert_eq!(statements.len(), 4, "{statements:?}");
        assert_eq!(statements[3], "select 3");
    }
}
