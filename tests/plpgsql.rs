//! PL/pgSQL bodies as PostgreSQL reads them: the same functions given to running servers, to libpg_query and to the
//! parser. Each accepted body is also broken in every place: a token left out, a token twice.

use std::fmt::Write as _;

use pgwright::syntax::body::{Body, Content};
use pgwright::syntax::plpgsql::{self, Node, Signature};
use pgwright::syntax::statement::SyntaxError;
use pgwright::syntax::{Dialect, Parse};
use pgwright::text::Span;
use proptest::prelude::*;

#[path = "support/postgres.rs"]
mod postgres;
#[path = "support/verdict.rs"]
mod verdict;

use verdict::{Server, Verdict};

/// The statements of a file, each with what makes a function of a body.
fn statements(file: &str) -> Vec<String> {
    let (_, bodies) = file.split_once('\n').unwrap();
    bodies
        .split("\n----\n")
        .map(|body| {
            if body.starts_with("CREATE") {
                body.trim_end().to_owned()
            } else {
                format!("CREATE FUNCTION f(a int, b text) RETURNS void LANGUAGE plpgsql AS $f${body}$f$")
            }
        })
        .collect()
}

fn accepted() -> Vec<String> {
    statements(include_str!("plpgsql/accepted.sql"))
}

fn rejected() -> Vec<String> {
    statements(include_str!("plpgsql/rejected.sql"))
}

/// Each way to leave out or to double one token of the body.
fn mutations(statement: &str) -> Vec<String> {
    let parse = Parse::new(statement, Dialect::UNKNOWN);
    let body = &parse.bodies()[0];
    let (tokens, _) = pgwright::syntax::grammar::scan(&body.text);
    let mut found = Vec::new();
    for token in tokens.iter().filter(|token| !token.is_comment()) {
        let span = body.to_outer(token.span);
        let (before, behind) = (&statement[..span.start], &statement[span.end..]);
        found.push(format!("{before}{behind}"));
        found.push(format!("{before}{0} {0}{behind}", &statement[span.range()]));
    }
    found
}

fn here(statement: &str) -> Option<Verdict> {
    let parse = Parse::new(statement, Dialect::UNKNOWN);
    parse.errors.iter().cloned().chain(parse.body_errors()).next().map(as_verdict)
}

fn as_verdict(error: SyntaxError) -> Verdict {
    Verdict { sqlstate: error.sqlstate.to_owned(), message: error.message, position: Some(error.span.start) }
}

/// Whether the server's error is about what only the catalog knows: types, collations, schemas.
fn is_of_the_catalog(verdict: &Verdict) -> bool {
    matches!(verdict.sqlstate.as_str(), "3F000" | "42P01" | "42703" | "42704" | "42804" | "0A000" | "42601")
        && ["type \"", "schema \"", "relation \"", "column \"", "collation", "cross-database", "improper", "has pseudo-type"]
            .iter()
            .any(|start| verdict.message.contains(start))
        && !verdict.message.starts_with("syntax error")
        && !verdict.message.starts_with("invalid type name")
        // PostgreSQL 15 takes the name in `name%TYPE` for a type's, too.
        || verdict.message.starts_with("variable \"") && verdict.message.ends_with("does not exist")
}

fn agrees(truth: &Option<Verdict>, here: &Option<Verdict>) -> bool {
    match (truth, here) {
        (None, None) => true,
        (Some(truth), None) => is_of_the_catalog(truth),
        (None, Some(_)) => false,
        (Some(truth), Some(_)) if is_of_the_catalog(truth) => true,
        (Some(truth), Some(here)) => {
            truth.sqlstate == here.sqlstate
                && truth.message == here.message
                && (truth.position.is_none() || truth.position == here.position)
        }
    }
}

#[test]
fn the_corpus_is_what_it_says() {
    let (accepted, rejected) = (accepted(), rejected());
    assert!(accepted.len() + rejected.len() >= 120, "{} and {}", accepted.len(), rejected.len());
    for statement in &accepted {
        assert_eq!(here(statement), None, "{statement}");
    }
    let taken: Vec<&String> = rejected.iter().filter(|statement| here(statement).is_none()).collect();
    assert!(taken.is_empty(), "{taken:#?}");
}

#[test]
fn bodies_are_judged_as_on_a_server() {
    let (accepted, rejected) = (accepted(), rejected());
    let broken: Vec<String> = accepted.iter().flat_map(|statement| mutations(statement)).collect();
    let all: Vec<&String> = accepted.iter().chain(&rejected).chain(&broken).collect();
    let (newest, older) = (Server::start(18), Server::start(15));
    let (mut refused, mut wrong, mut differ_on_15) = (0, String::new(), 0);
    let mut count_wrong = 0;
    for statement in &all {
        let (truth, here) = (newest.verdict(statement), here(statement));
        refused += usize::from(truth.is_some());
        if !agrees(&truth, &here) {
            count_wrong += 1;
            let _ = writeln!(wrong, "{statement}\n  server: {truth:?}\n  here:   {here:?}");
        }
        // What the newer version reads and the older does not is not wrong here.
        if !agrees(&older.verdict(statement), &here) {
            differ_on_15 += 1;
        }
    }
    println!(
        "{} bodies, {refused} of them rejected by PostgreSQL 18; {count_wrong} judged otherwise here; \
         {differ_on_15} by PostgreSQL 15",
        all.len()
    );
    assert!(wrong.is_empty(), "{wrong}");
    assert!(refused > 2000 && differ_on_15 * 50 < all.len());
}

/// libpg_query has no catalog: what it says of types is not PostgreSQL's. So where it differs the server decides.
#[test]
fn bodies_are_judged_as_by_libpg_query() {
    let (accepted, rejected) = (accepted(), rejected());
    let broken: Vec<String> = accepted.iter().flat_map(|statement| mutations(statement)).collect();
    let all: Vec<&String> = accepted.iter().chain(&rejected).chain(&broken).collect();
    let mut differ = Vec::new();
    for statement in &all {
        let there = match pg_query::parse_plpgsql(statement) {
            // It was read, but what was made of it cannot be printed.
            Err(pg_query::Error::InvalidJson(_)) | Ok(_) => None,
            Err(error) => Some(error.to_string()),
        };
        let here = here(statement);
        if there.is_some() != here.is_some() {
            differ.push((statement, there, here));
        }
    }
    println!("{} bodies; {} judged otherwise by libpg_query", all.len(), differ.len());
    let server = Server::start(18);
    for (statement, there, here) in &differ {
        let truth = server.verdict(statement);
        assert!(
            agrees(&truth, here),
            "{statement}\n  libpg_query: {there:?}\n  server: {truth:?}\n  here: {here:?}"
        );
    }
    assert!(differ.len() * 100 < all.len());
}

/// The words of a body that are PL/pgSQL's keywords, with where they stand: what no name, type, literal or SQL has.
fn keywords_of(function: &plpgsql::Function) -> Vec<Span> {
    let mut taken: Vec<Span> = Vec::new();
    function.walk(&mut |node| match node {
        Node::Sql(sql) => match &sql.into {
            Some(into) => {
                taken.push(Span::new(sql.span.start, into.span.start));
                taken.push(Span::new(into.span.end, sql.span.end));
            }
            None => taken.push(sql.span),
        },
        Node::DataType(_) | Node::Name(_) | Node::Target(_) | Node::Literal(_) => taken.push(node.span()),
        _ => {}
    });
    let (reserved, others) = plpgsql::keywords();
    let (tokens, _) = pgwright::syntax::grammar::scan(&function.text);
    let mut found: Vec<Span> = tokens.iter().map(|token| token.span).collect();
    found.retain(|span| {
        let word = function.text[span.range()].to_ascii_lowercase();
        (reserved.contains(&word.as_str()) || others.contains(&word.as_str()))
            && !taken.iter().any(|taken| taken.contains(span.start))
    });
    found
}

#[test]
fn each_keyword_that_stands_may_stand_there() {
    let (mut seen, mut wrong) = (0, Vec::new());
    for statement in accepted() {
        let parse = Parse::new(&statement, Dialect::UNKNOWN);
        let body = &parse.bodies()[0];
        let Content::Plpgsql(function) = body.content() else { panic!("{statement}") };
        for span in keywords_of(function) {
            // Of the two spellings one is offered.
            let word = body.text[span.range()].to_ascii_lowercase().replace("elseif", "elsif");
            let expected = plpgsql::expect::expect(&body.text, span.start, body.signature()).unwrap();
            let may_end = |piece: &&plpgsql::expect::Piece| {
                let (_, _, sql) = piece.expected(&body.text);
                // What follows SELECT is not told to PL/pgSQL's parser.
                sql.may_end || sql.has_keyword(&word)
            };
            let ends = expected.piece.iter().filter(may_end).flat_map(|piece| &piece.ends);
            let mut offered = expected.keywords.iter().chain(ends).filter_map(|run| run.split(' ').next());
            seen += 1;
            if !offered.any(|other| other == word) {
                wrong.push(format!(
                    "{word} in {}▮{}: {expected:?}",
                    &body.text[..span.start],
                    &body.text[span.start..]
                ));
            }
        }
    }
    println!("{seen} keywords, {} not expected", wrong.len());
    assert!(seen > 500, "{seen}");
    assert!(wrong.is_empty(), "{} of {seen}: {}", wrong.len(), wrong.join("\n"));
}

#[test]
fn each_keyword_that_is_offered_may_stand_there() {
    let mut offers = 0;
    for statement in accepted() {
        let parse = Parse::new(&statement, Dialect::UNKNOWN);
        let body = &parse.bodies()[0];
        let (tokens, _) = pgwright::syntax::grammar::scan(&body.text);
        for token in tokens.iter().filter(|token| !token.is_comment()) {
            let before = &body.text[..token.span.start];
            let Some(expected) = plpgsql::expect::expect(before, before.len(), body.signature()) else {
                continue;
            };
            let ends = expected.piece.iter().filter(|piece| piece.expected(before).2.may_end);
            for run in expected.keywords.iter().chain(ends.flat_map(|piece| &piece.ends)) {
                // A name behind it, so that the error of what is missing is not on the keyword.
                let before = &before[..expected.word.start];
                let text: std::sync::Arc<str> = format!("{before} {run} x").into();
                let function = plpgsql::parse(&text, body.signature());
                let at = Span::new(before.len() + 1, before.len() + 1 + run.len());
                let refused = function
                    .errors
                    .iter()
                    .find(|error| at.contains(error.span.start) && error.message.starts_with("syntax error"));
                assert_eq!(refused, None, "{text}");
                offers += 1;
            }
        }
    }
    assert!(offers > 5000, "{offers}");
}

/// Everything in a body's tree lies where it says it does.
fn check_tree(function: &plpgsql::Function) {
    let text: &str = &function.text;
    let whole = |span: Span| {
        assert!(span.start <= span.end && text.get(span.range()).is_some(), "{span:?} in {text:?}");
    };
    function.errors.iter().for_each(|error| whole(error.span));
    let mut open: Vec<(Node, Span)> =
        function.nodes().into_iter().map(|node| (node, Span::new(0, text.len()))).collect();
    while let Some((node, around)) = open.pop() {
        let span = node.span();
        whole(span);
        assert!(
            around.start <= span.start && span.end <= around.end,
            "{node:?} is not in {around:?} of {text:?}"
        );
        let children = plpgsql::children(node);
        for pair in children.windows(2) {
            assert!(
                pair[0].span().end <= pair[1].span().start,
                "{:?} and {:?} in {text:?}",
                pair[0],
                pair[1]
            );
        }
        open.extend(children.into_iter().map(|child| (child, span)));
    }
}

fn check_body(body: &Body, outer: &str) {
    assert!(outer.get(body.literal.range()).is_some());
    for error in body.errors() {
        let span = body.to_outer(error.span);
        assert!(outer.get(span.range()).is_some(), "{span:?} in {outer:?}");
        assert!(body.literal.start < span.start && span.end < body.literal.end, "{span:?} in {outer:?}");
    }
    if let Content::Plpgsql(function) = body.content() {
        check_tree(function);
    }
    body.bodies().iter().for_each(|inner| check_body(inner, &body.text));
}

fn quoted(text: &str, quote: usize) -> String {
    match quote {
        0 => format!("$body${text}$body$"),
        1 => format!("'{}'", text.replace('\'', "''")),
        _ => format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n")),
    }
}

fn soup() -> impl Strategy<Value = String> {
    let (reserved, others) = plpgsql::keywords();
    let words: Vec<String> = reserved.iter().chain(others).map(|word| word.to_string()).collect();
    let more = [
        "a",
        "b",
        "\"é\"",
        "ß",
        "x.y",
        "f.a",
        "$1",
        "$9",
        "1",
        "1.5",
        "'text'",
        "'%'",
        "E'\\n'",
        "$q$",
        "$$",
        "'",
        "\"",
        ":=",
        "=",
        "..",
        "<<",
        ">>",
        "=>",
        ";",
        ";",
        ";",
        "(",
        ")",
        "[",
        "]",
        ",",
        "#",
        "%",
        "+",
        "-- c\n",
        "/* c */",
        "/*",
        "select",
        "from",
        "where",
        "create",
        "function",
        "procedure",
        "language",
        "as",
        "do",
        "atomic",
        "values",
        "int",
        "numeric(1,2)",
        "setof",
        "record",
        "refcursor",
        "end if;",
        "end loop;",
        "end case;",
        "end;",
        "begin",
        "do $x$ begin sele 1; end $x$;",
        "execute 'create function g() returns int language sql as $y$ selec 1 $y$';",
    ];
    let tokens: Vec<String> = words.into_iter().chain(more.map(String::from)).collect();
    let space = prop_oneof![8 => Just(" "), 1 => Just("\n"), 1 => Just("")];
    prop::collection::vec((prop::sample::select(tokens), space), 0..60)
        .prop_map(|tokens| tokens.into_iter().flat_map(|(token, space)| [token, space.to_owned()]).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_has_a_tree_with_true_ranges(text in soup(), begins in any::<bool>(), quote in 0usize..3) {
        let text = if begins { format!("declare a int; b record; begin {text}") } else { text };
        let function = plpgsql::parse(&text.as_str().into(), &Signature::inline());
        check_tree(&function);
        check_tree(&plpgsql::parse(&text.as_str().into(), &Signature::unknown()));
        let statement = format!("DO {}", quoted(&text, quote));
        let parse = Parse::new(&statement, Dialect::UNKNOWN);
        // A dollar quote may end within the soup.
        if let [body] = parse.bodies() {
            prop_assert_eq!(&*body.text, text.as_str());
            check_body(body, &statement);
            prop_assert_eq!(body.errors().len(), parse.body_errors().len());
        }
    }
}

#[test]
fn deep_nesting_is_judged_as_on_a_server() {
    let server = Server::start(18);
    for (open, close) in [
        ("begin ", "end; "),
        ("if true then ", "end if; "),
        ("loop ", "end loop; "),
        ("case when true then ", "end case; "),
    ] {
        for (depth, is_accepted) in [(1900, true), (20_000, false)] {
            let body = format!("begin {}null; {}end", open.repeat(depth), close.repeat(depth));
            let statement = format!("CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $${body}$$");
            let here = here(&statement);
            assert_eq!(server.verdict(&statement).is_none(), is_accepted, "{open}{depth}");
            assert_eq!(here.is_none(), is_accepted, "{open}{depth} {here:?}");
        }
    }
    // Neither what is left open nor what is deep in SQL ends the process.
    for open in ["begin ", "if true then ", "a := (", "if (", "case when (", "<<l>> declare x int; begin "] {
        let body = format!("declare a int; begin {}", open.repeat(20_000));
        let function = plpgsql::parse(&body.as_str().into(), &Signature::inline());
        assert!(!function.errors.is_empty(), "{open}");
    }
}
