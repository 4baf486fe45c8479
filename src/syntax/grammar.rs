//! PostgreSQL's parser and scanner, through libpg_query, with the offset of an error.
//!
//! The crate's own functions drop the error's position, so its C entry points are called here. The version of
//! `pg_query` is pinned exactly in Cargo.toml, and the tests below check the layout of what is returned.

use std::cell::Cell;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::sync::{Mutex, OnceLock};

use pg_query::protobuf;
use prost::Message as _;
use rustc_hash::FxHashMap;

use crate::text::{Span, clip};

/// An error of the grammar or of its scanner, as PostgreSQL words it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrammarError {
    pub message: String,
    pub sqlstate: &'static str,
    /// Where PostgreSQL points, in bytes; `None` where it gives no position.
    pub offset: Option<usize>,
}

impl GrammarError {
    /// Whether libpg_query ran into a limit of its own, which PostgreSQL's grammar does not have.
    pub fn is_stack_limit(&self) -> bool {
        self.sqlstate == "54001" || self.message.starts_with("parse tree is nested too deeply")
    }
}

/// What the text is to be read as (PostgreSQL's `RawParseMode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseMode {
    Statements = 0,
    TypeName = 1,
    PlpgsqlExpression = 2,
    /// `x := …`, with as many names before the operator as the mode says.
    PlpgsqlAssignment1 = 3,
    PlpgsqlAssignment2 = 4,
    PlpgsqlAssignment3 = 5,
}

/// A token of PostgreSQL's scanner; comments are tokens too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub span: Span,
    pub kind: protobuf::Token,
    pub keyword: protobuf::KeywordKind,
}

impl Token {
    pub fn is_comment(&self) -> bool {
        matches!(self.kind, protobuf::Token::SqlComment | protobuf::Token::CComment)
    }

    pub fn is_keyword(&self) -> bool {
        self.keyword != protobuf::KeywordKind::NoKeyword
    }

    /// Whether it can be a name as it stands: an identifier, or a keyword that is not reserved.
    pub fn is_name(&self) -> bool {
        matches!(self.kind, protobuf::Token::Ident | protobuf::Token::Uident)
            || matches!(
                self.keyword,
                protobuf::KeywordKind::UnreservedKeyword
                    | protobuf::KeywordKind::ColNameKeyword
                    | protobuf::KeywordKind::TypeFuncNameKeyword
            )
    }

    /// Whether it is the single character `c`.
    pub fn is_char(&self, c: u8) -> bool {
        self.kind as i32 == i32::from(c)
    }
}

/// A keyword of the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keyword {
    /// In lower case.
    pub text: &'static str,
    pub kind: protobuf::KeywordKind,
}

#[repr(C)]
struct CError {
    message: *mut c_char,
    funcname: *mut c_char,
    filename: *mut c_char,
    lineno: c_int,
    cursorpos: c_int,
    context: *mut c_char,
}

#[repr(C)]
struct CParseResult {
    len: usize,
    data: *mut c_char,
    stderr_buffer: *mut c_char,
    error: *mut CError,
}

/// The parse alone (pg_query_internal.h); the tree lives in the memory context that was entered before.
#[repr(C)]
struct CRawParse {
    tree: *mut c_void,
    stderr_buffer: *mut c_char,
    error: *mut CError,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct CToken {
    start: c_int,
    end: c_int,
    token: c_int,
    keyword_kind: c_int,
}

#[repr(C)]
struct CTokens {
    tokens: *mut CToken,
    n_tokens: c_int,
    error: *mut CError,
}

#[repr(C)]
struct CKeywordList {
    strings: *const c_char,
    offsets: *const u16,
    hash: *const (),
    len: c_int,
    max_len: c_int,
}

unsafe extern "C" {
    fn pg_query_parse_protobuf_opts(input: *const c_char, options: c_int) -> CParseResult;
    fn pg_query_free_protobuf_parse_result(result: CParseResult);
    fn pg_query_enter_memory_context() -> *mut c_void;
    fn pg_query_exit_memory_context(context: *mut c_void);
    fn pg_query_raw_parse(input: *const c_char, options: c_int) -> CRawParse;
    fn pg_query_scan_tokens(input: *const c_char) -> CTokens;
    fn pg_query_free_scan_tokens_result(result: CTokens);
    static ScanKeywords: CKeywordList;
    static ScanKeywordCategories: [u8; 0];
}

/// libpg_query built without DEBUG points the whole process's stderr elsewhere while it parses, which two
/// threads must not do at once; and the parse itself is short.
static PARSER: Mutex<()> = Mutex::new(());

/// How often libpg_query was called by a thread: what an answer costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    pub parses: u64,
    pub scans: u64,
}

thread_local! {
    static CALLS: Cell<Calls> = const { Cell::new(Calls { parses: 0, scans: 0 }) };
}

/// The calls of the current thread so far.
pub fn calls() -> Calls {
    CALLS.get()
}

fn count(parses: u64, scans: u64) {
    let calls = CALLS.get();
    CALLS.set(Calls { parses: calls.parses + parses, scans: calls.scans + scans });
}

/// Parses `text`. A NUL byte, which no SQL can hold, is the error PostgreSQL gives for it.
pub fn parse(text: &str, mode: ParseMode) -> Result<protobuf::ParseResult, GrammarError> {
    let input = c_string(text)?;
    count(1, 0);
    let result = {
        let _one = PARSER.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // SAFETY: `input` is NUL-terminated; the struct's layout is libpg_query's (pg_query.h, checked by tests).
        unsafe { pg_query_parse_protobuf_opts(input.as_ptr(), mode as c_int) }
    };
    // SAFETY: libpg_query gives either an error or `len` bytes of data, valid until freed below.
    let parsed = unsafe {
        if result.error.is_null() {
            let bytes = std::slice::from_raw_parts(result.data.cast::<u8>(), result.len);
            Ok(protobuf::ParseResult::decode(bytes))
        } else {
            Err(grammar_error(&*result.error, text))
        }
    };
    // SAFETY: it came from the call above and is not used again.
    unsafe { pg_query_free_protobuf_parse_result(result) };
    parsed?.map_err(|error| GrammarError {
        message: format!("the parse tree could not be read: {error}"),
        sqlstate: "XX000",
        offset: None,
    })
}

/// Only whether `text` parses, and its error: what an oracle needs, without a tree to be read.
pub fn check(text: &str) -> Result<(), GrammarError> {
    check_as(text, ParseMode::Statements)
}

/// `check` of a text that is to be read as `mode` says.
pub fn check_as(text: &str, mode: ParseMode) -> Result<(), GrammarError> {
    let input = c_string(text)?;
    count(1, 0);
    let _one = PARSER.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    // SAFETY: as in `parse`; the tree is not looked at. The error and the buffer are malloc's, as those that `parse`
    // gets, and are freed like them.
    unsafe {
        let context = pg_query_enter_memory_context();
        let CRawParse { stderr_buffer, error, .. } = pg_query_raw_parse(input.as_ptr(), mode as c_int);
        let verdict = if error.is_null() { Ok(()) } else { Err(grammar_error(&*error, text)) };
        let data = std::ptr::null_mut();
        pg_query_free_protobuf_parse_result(CParseResult { len: 0, data, stderr_buffer, error });
        pg_query_exit_memory_context(context);
        verdict
    }
}

/// How often a text is scanned on behind what the scanner refuses. Each time reads all the rest, so it must not be often.
pub const MOST_JUNK: usize = 20;

/// The longest name, in bytes: NAMEDATALEN - 1.
pub const LONGEST_NAME: usize = 63;

/// A name as PostgreSQL keeps it: folded or unquoted, and cut. Of letters only those of ASCII are folded, as in UTF-8.
pub fn folded(written: &str) -> String {
    let mut name = match written.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"').unwrap_or(quoted).replace("\"\"", "\""),
        None => written.to_ascii_lowercase(),
    };
    name.truncate(clip(&name, LONGEST_NAME).len());
    name
}

/// The tokens of `text`, up to the scanner's first error where there is one.
pub fn scan(text: &str) -> (Vec<Token>, Option<GrammarError>) {
    match scan_whole(text) {
        Ok(tokens) => (tokens, None),
        Err(error) => {
            // The scanner gives no tokens with an error; those before it come from the text before it.
            let cut = error.offset.unwrap_or(0);
            let before = scan_whole(text.get(..cut).unwrap_or("")).unwrap_or_default();
            (before, Some(error))
        }
    }
}

fn scan_whole(text: &str) -> Result<Vec<Token>, GrammarError> {
    let input = c_string(text)?;
    count(0, 1);
    // SAFETY: as in `parse`; the scanner does not touch stderr.
    unsafe {
        let result = pg_query_scan_tokens(input.as_ptr());
        let tokens = if !result.error.is_null() {
            Err(grammar_error(&*result.error, text))
        } else if result.tokens.is_null() {
            Ok(Vec::new())
        } else {
            Ok(std::slice::from_raw_parts(result.tokens, result.n_tokens as usize)
                .iter()
                .map(|token| Token {
                    span: Span::new(token.start as usize, token.end as usize),
                    kind: protobuf::Token::try_from(token.token).unwrap_or(protobuf::Token::Nul),
                    keyword: protobuf::KeywordKind::try_from(token.keyword_kind)
                        .unwrap_or(protobuf::KeywordKind::NoKeyword),
                })
                .collect())
        };
        pg_query_free_scan_tokens_result(result);
        tokens
    }
}

/// All keywords of the grammar, in alphabetical order.
pub fn keywords() -> &'static [Keyword] {
    static KEYWORDS: OnceLock<Vec<Keyword>> = OnceLock::new();
    KEYWORDS.get_or_init(|| {
        // SAFETY: both tables are libpg_query's constants (common/keywords.h), each `len` long.
        unsafe {
            (0..ScanKeywords.len as usize)
                .map(|n| {
                    let start = *ScanKeywords.offsets.add(n) as usize;
                    let text = CStr::from_ptr(ScanKeywords.strings.add(start)).to_str().unwrap_or("");
                    let category = *(&raw const ScanKeywordCategories).cast::<u8>().add(n);
                    let kind = protobuf::KeywordKind::try_from(i32::from(category) + 1)
                        .unwrap_or(protobuf::KeywordKind::NoKeyword);
                    Keyword { text, kind }
                })
                .collect()
        }
    })
}

/// The keyword that `word` is, whatever its case.
pub fn keyword(word: &str) -> Option<Keyword> {
    static BY_WORD: OnceLock<FxHashMap<&str, Keyword>> = OnceLock::new();
    let by_word = BY_WORD.get_or_init(|| keywords().iter().map(|keyword| (keyword.text, *keyword)).collect());
    match word.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => by_word.get(&*word.to_ascii_lowercase()).copied(),
        false => by_word.get(word).copied(),
    }
}

fn c_string(text: &str) -> Result<CString, GrammarError> {
    CString::new(text).map_err(|error| GrammarError {
        message: "invalid byte sequence for encoding \"UTF8\": 0x00".into(),
        sqlstate: "22021",
        offset: Some(error.nul_position()),
    })
}

/// SAFETY: `error` must be one of libpg_query's, not freed yet.
unsafe fn grammar_error(error: &CError, text: &str) -> GrammarError {
    let string = |pointer: *mut c_char| {
        if pointer.is_null() {
            String::new()
        } else {
            // SAFETY: libpg_query's strings are NUL-terminated copies.
            unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()
        }
    };
    let mut message = string(error.message);
    let sqlstate = sqlstate(&message, &string(error.filename));
    // The memory is the parser's stack, which holds 10,000 symbols.
    if message.starts_with("memory exhausted") {
        message.push_str(": the statement is nested too deeply");
    }
    let offset = (error.cursorpos > 0).then(|| {
        let characters = error.cursorpos as usize - 1;
        text.char_indices().nth(characters).map_or(text.len(), |(offset, _)| offset)
    });
    GrammarError { sqlstate, message, offset }
}

/// libpg_query hands on an error's message and file but not its code, so the code is found by these: all stand in
/// PostgreSQL's source, which the build reads.
fn sqlstate(message: &str, file: &str) -> &'static str {
    static ERRORS: OnceLock<Vec<(&str, &str, &str)>> = OnceLock::new();
    // Most errors are plain syntax errors.
    if message.starts_with("syntax error at ") {
        return "42601";
    }
    let errors = ERRORS.get_or_init(|| {
        let lines = include_str!(concat!(env!("OUT_DIR"), "/grammar_errors.txt")).lines();
        let parts = |line: &'static str| {
            let (code, rest) = line.split_once(' ')?;
            let (file, format) = rest.split_once(' ')?;
            Some((code, file, format))
        };
        lines.filter_map(parts).collect()
    });
    let mut alike = errors.iter().filter(|(_, _, format)| is_formatted(message, format));
    let first = alike.clone().next();
    alike.find(|(_, other, _)| *other == file).or(first).map_or("42601", |(code, ..)| code)
}

/// Whether `message` can have been made of a C format.
fn is_formatted(message: &str, format: &str) -> bool {
    let mut rest = message;
    let mut pieces = format.split('%');
    match rest.strip_prefix(pieces.next().unwrap_or("")) {
        Some(behind) => rest = behind,
        None => return false,
    }
    let mut ends = rest.is_empty();
    for piece in pieces {
        // Behind the percent sign stands what is printed: `s`, `d`, `.*s`.
        let literal = piece.find(|c: char| c.is_ascii_alphabetic()).map_or("", |at| &piece[at + 1..]);
        match rest.find(literal) {
            Some(at) => rest = &rest[at + literal.len()..],
            None => return false,
        }
        ends = rest.is_empty() || literal.is_empty();
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_its_offset_in_bytes() {
        let error = parse("select 'é😀', , 1", ParseMode::Statements).unwrap_err();
        assert_eq!(error.message, "syntax error at or near \",\"");
        assert_eq!((error.offset, error.sqlstate), (Some("select 'é😀', ".len()), "42601"));
        let error = parse("select (1", ParseMode::Statements).unwrap_err();
        assert_eq!((error.message.as_str(), error.offset), ("syntax error at end of input", Some(9)));
        assert_eq!(check("select 1 from"), Err(parse("select 1 from", ParseMode::Statements).unwrap_err()));
        assert_eq!(parse("select \0", ParseMode::Statements).unwrap_err().offset, Some(7));
    }

    #[test]
    fn an_error_has_postgres_code() {
        for (text, sqlstate) in [
            ("select from where", "42601"),
            ("create table t (a int) partition by magic (a)", "22023"),
            ("alter table t alter constraint c not valid", "0A000"),
            ("select json_object(returning text format json encoding x)", "22023"),
            ("select sum(a) over (rows between unbounded following and current row) from t", "42P20"),
            ("create role \"none\"", "42939"),
            ("select u&'\\d800'", "42601"),
            ("select u&'\\00'", "42601"),
            ("select E'\\u00'", "22025"),
            ("create assertion a check (true)", "0A000"),
            ("select E'\\uD8000000'", "42601"),
            ("select 'x", "42601"),
        ] {
            assert_eq!(check(text).unwrap_err().sqlstate, sqlstate, "{text}: {:?}", check(text));
        }
    }

    #[test]
    fn the_tree_has_byte_locations() {
        let tree = parse("select 'é', x", ParseMode::Statements).unwrap();
        let debug = format!("{tree:?}");
        assert!(debug.contains("location: 13"), "{debug}");
    }

    #[test]
    fn tokens_and_keywords_are_the_grammars() {
        let (tokens, error) = scan("SELECT a -- é\n, \"b\" FROM t");
        assert_eq!(error, None);
        let kinds: Vec<_> = tokens.iter().map(|token| (token.span.start, token.is_keyword())).collect();
        assert_eq!(
            kinds,
            [(0, true), (7, false), (9, false), (15, false), (17, false), (21, true), (26, false)]
        );
        let (tokens, error) = scan("select 'x");
        assert_eq!(
            (tokens.len(), error.unwrap().message.as_str()),
            (1, "unterminated quoted string at or near \"'x\"")
        );
        assert!(keywords().len() > 480);
        assert_eq!(keyword("SELECT").unwrap().kind, protobuf::KeywordKind::ReservedKeyword);
        assert_eq!(keyword("name").unwrap().kind, protobuf::KeywordKind::UnreservedKeyword);
        assert!(keywords().windows(2).all(|pair| pair[0].text < pair[1].text));
    }

    #[test]
    fn deep_trees_are_read() {
        let deep = format!("select {}1{}", "(1+".repeat(2000), ")".repeat(2000));
        std::thread::Builder::new()
            .stack_size(256 << 20)
            .spawn(move || assert!(parse(&deep, ParseMode::Statements).is_ok()))
            .unwrap()
            .join()
            .unwrap();
    }
}
