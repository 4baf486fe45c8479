//! The grammar of paths (jsonpath_gram.y): it stops at the token where PostgreSQL's does.

use super::scan::{Kind, Scanner, Token};
use super::{Chain, Error, Item, Path};

/// What stands in parentheses, or at the top: both may, and which it is decides what may follow.
enum Parsed {
    Expr(Chain),
    Predicate(Chain),
}

struct Parser<'t> {
    scanner: Scanner<'t>,
    /// The token that is looked at; none before it is asked for.
    ahead: Option<Token>,
    depth: usize,
    /// In how many filters, and whether in a subscript.
    filters: usize,
    in_subscript: bool,
    /// What is said of a path that is right otherwise.
    misplaced: Option<Error>,
}

type Result<T> = std::result::Result<T, Error>;

pub fn parse(text: &str, major: u32) -> Result<Path> {
    let mut parser = Parser {
        scanner: Scanner::new(text, major),
        ahead: None,
        depth: 0,
        filters: 0,
        in_subscript: false,
        misplaced: None,
    };
    if parser.kind()? == Kind::End {
        return Err(Error::new("22P02", format!("invalid input syntax for type jsonpath: \"{text}\"")));
    }
    let is_strict = parser.accept(&Kind::Keyword("strict"))?;
    if !is_strict {
        parser.accept(&Kind::Keyword("lax"))?;
    }
    let (Parsed::Expr(chain) | Parsed::Predicate(chain)) = parser.any()?;
    if parser.kind()? != Kind::End {
        return parser.unexpected();
    }
    match parser.misplaced {
        Some(error) => Err(error),
        None => Ok(Path { is_strict, chain }),
    }
}

impl Parser<'_> {
    fn look(&mut self) -> Result<&Token> {
        let token = match self.ahead.take() {
            Some(token) => token,
            None => self.scanner.next()?,
        };
        Ok(self.ahead.insert(token))
    }

    fn kind(&mut self) -> Result<Kind> {
        Ok(self.look()?.kind.clone())
    }

    fn is(&mut self, sign: &'static str) -> Result<bool> {
        Ok(self.kind()? == Kind::Sign(sign))
    }

    fn next(&mut self) -> Result<Token> {
        match self.ahead.take() {
            Some(token) => Ok(token),
            None => self.scanner.next(),
        }
    }

    fn accept(&mut self, kind: &Kind) -> Result<bool> {
        let is_it = self.kind()? == *kind;
        if is_it {
            self.ahead = None;
        }
        Ok(is_it)
    }

    fn expect(&mut self, kind: Kind) -> Result<Token> {
        match self.kind()? == kind {
            true => self.next(),
            false => self.unexpected(),
        }
    }

    fn expect_sign(&mut self, sign: &'static str) -> Result<Token> {
        self.expect(Kind::Sign(sign))
    }

    /// The error of a token that may not stand where it does.
    fn unexpected<T>(&mut self) -> Result<T> {
        let seen = self.look()?.seen.clone();
        Err(Error::at("syntax error", &seen))
    }

    fn any(&mut self) -> Result<Parsed> {
        self.depth += 1;
        // PostgreSQL has limits of its own for what is nested deeper; nothing is said of such a path.
        if self.depth > 100 {
            return Err(Error::new("", ""));
        }
        let parsed = self.or();
        self.depth -= 1;
        parsed
    }

    fn or(&mut self) -> Result<Parsed> {
        let mut left = self.and()?;
        while self.is("||")? {
            let Parsed::Predicate(one) = left else { return self.unexpected() };
            self.next()?;
            let Parsed::Predicate(two) = self.and()? else { return self.unexpected() };
            left = Parsed::Predicate(vec![Item::Binary(one, two)]);
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Parsed> {
        let mut left = self.unit()?;
        while self.is("&&")? {
            let Parsed::Predicate(one) = left else { return self.unexpected() };
            self.next()?;
            let Parsed::Predicate(two) = self.unit()? else { return self.unexpected() };
            left = Parsed::Predicate(vec![Item::Binary(one, two)]);
        }
        Ok(left)
    }

    fn predicate(&mut self) -> Result<Chain> {
        match self.any()? {
            Parsed::Predicate(chain) => Ok(chain),
            Parsed::Expr(_) => self.unexpected(),
        }
    }

    fn expr(&mut self) -> Result<Chain> {
        self.depth += 1;
        if self.depth > 100 {
            return Err(Error::new("", ""));
        }
        let parsed = self.sum()?;
        self.depth -= 1;
        match parsed {
            Parsed::Expr(chain) => Ok(chain),
            Parsed::Predicate(_) => self.unexpected(),
        }
    }

    fn exists(&mut self) -> Result<Chain> {
        self.expect(Kind::Keyword("exists"))?;
        self.expect_sign("(")?;
        let inner = self.expr()?;
        self.expect_sign(")")?;
        Ok(vec![Item::Unary(inner)])
    }

    /// A predicate, or an expression alone.
    fn unit(&mut self) -> Result<Parsed> {
        if self.accept(&Kind::Sign("!"))? {
            if self.kind()? == Kind::Keyword("exists") {
                return Ok(Parsed::Predicate(vec![Item::Unary(self.exists()?)]));
            }
            self.expect_sign("(")?;
            let inner = self.predicate()?;
            self.expect_sign(")")?;
            return Ok(Parsed::Predicate(vec![Item::Unary(inner)]));
        }
        if self.kind()? == Kind::Keyword("exists") {
            return Ok(Parsed::Predicate(self.exists()?));
        }
        let left = match self.sum()? {
            Parsed::Predicate(inner) => {
                if self.accept(&Kind::Keyword("is"))? {
                    self.expect(Kind::Keyword("unknown"))?;
                    return Ok(Parsed::Predicate(vec![Item::Unary(inner)]));
                }
                return Ok(Parsed::Predicate(inner));
            }
            Parsed::Expr(left) => left,
        };
        match self.kind()? {
            Kind::Sign("==" | "!=" | "<" | ">" | "<=" | ">=") => {
                self.next()?;
                let right = self.expr()?;
                Ok(Parsed::Predicate(vec![Item::Comparison(left, right)]))
            }
            Kind::Keyword("starts") => {
                self.next()?;
                self.expect(Kind::Keyword("with"))?;
                let right = match self.kind()? {
                    Kind::String => Item::String(self.next()?.text),
                    Kind::Variable => Item::Variable(self.next()?.text),
                    _ => return self.unexpected(),
                };
                Ok(Parsed::Predicate(vec![Item::Binary(left, vec![right])]))
            }
            Kind::Keyword("like_regex") => {
                self.next()?;
                self.expect(Kind::String)?;
                if self.accept(&Kind::Keyword("flag"))? {
                    let flags = self.expect(Kind::String)?.text;
                    if !flags.chars().all(|flag| "ismxq".contains(flag)) {
                        return Err(Error::new("42601", "invalid input syntax for type jsonpath"));
                    }
                    if flags.contains('x') && !flags.contains('q') {
                        let message = "XQuery \"x\" flag (expanded regular expressions) is not implemented";
                        return Err(Error::new("0A000", message));
                    }
                }
                Ok(Parsed::Predicate(vec![Item::Unary(left)]))
            }
            _ => Ok(Parsed::Expr(left)),
        }
    }

    /// Calculations; a predicate in parentheses where nothing else is.
    fn sum(&mut self) -> Result<Parsed> {
        let mut left = match self.signed()? {
            Parsed::Expr(left) => left,
            predicate => return Ok(predicate),
        };
        while matches!(self.kind()?, Kind::Sign("+" | "-" | "*" | "/" | "%")) {
            self.next()?;
            match self.signed()? {
                Parsed::Expr(right) => left = vec![Item::Binary(left, right)],
                Parsed::Predicate(_) => return self.unexpected(),
            }
        }
        Ok(Parsed::Expr(left))
    }

    fn signed(&mut self) -> Result<Parsed> {
        let mut signs = 0;
        while matches!(self.kind()?, Kind::Sign("+" | "-")) {
            self.next()?;
            signs += 1;
        }
        match self.primary()? {
            Parsed::Expr(mut chain) => {
                for _ in 0..signs {
                    chain = vec![Item::Unary(chain)];
                }
                Ok(Parsed::Expr(chain))
            }
            Parsed::Predicate(_) if signs > 0 => self.unexpected(),
            predicate => Ok(predicate),
        }
    }

    fn primary(&mut self) -> Result<Parsed> {
        let (mut chain, is_predicate) = match self.kind()? {
            Kind::Sign("(") => {
                self.next()?;
                let inner = self.any()?;
                self.expect_sign(")")?;
                match inner {
                    Parsed::Expr(chain) => (chain, false),
                    Parsed::Predicate(chain) => (chain, true),
                }
            }
            kind => {
                let item = match kind {
                    Kind::String => Item::String(self.look()?.text.clone()),
                    Kind::Variable => Item::Variable(self.look()?.text.clone()),
                    Kind::Keyword("null" | "true" | "false") | Kind::Numeric | Kind::Integer => Item::Literal,
                    Kind::Sign("$") => Item::Root,
                    Kind::Sign("@") => {
                        if self.filters == 0 {
                            self.misplace("@ is not allowed in root expressions");
                        }
                        Item::Current
                    }
                    Kind::Keyword("last") => {
                        if !self.in_subscript {
                            self.misplace("LAST is allowed only in array subscripts");
                        }
                        Item::Last
                    }
                    _ => return self.unexpected(),
                };
                self.next()?;
                (vec![item], false)
            }
        };
        let before = chain.len();
        while self.accessor(&mut chain)? {}
        match is_predicate && chain.len() == before {
            true => Ok(Parsed::Predicate(chain)),
            false => Ok(Parsed::Expr(chain)),
        }
    }

    fn misplace(&mut self, message: &str) {
        self.misplaced.get_or_insert_with(|| Error::new("42601", message));
    }

    /// What may follow a value, put to its chain; whether there was something.
    fn accessor(&mut self, chain: &mut Chain) -> Result<bool> {
        match self.kind()? {
            Kind::Sign("?") => {
                self.next()?;
                self.expect_sign("(")?;
                self.filters += 1;
                let inner = self.predicate()?;
                self.filters -= 1;
                self.expect_sign(")")?;
                chain.push(Item::Filter(inner));
            }
            Kind::Sign("[") => {
                self.next()?;
                if self.accept(&Kind::Sign("*"))? {
                    self.expect_sign("]")?;
                    chain.push(Item::AnyElement);
                    return Ok(true);
                }
                let around = std::mem::replace(&mut self.in_subscript, true);
                let mut subscripts = Vec::new();
                loop {
                    let from = self.expr()?;
                    let to = match self.accept(&Kind::Keyword("to"))? {
                        true => Some(self.expr()?),
                        false => None,
                    };
                    subscripts.push((from, to));
                    if !self.accept(&Kind::Sign(","))? {
                        break;
                    }
                }
                self.in_subscript = around;
                self.expect_sign("]")?;
                chain.push(Item::Subscripts(subscripts));
            }
            Kind::Sign(".") => {
                self.next()?;
                let item = self.member()?;
                chain.push(item);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// What stands behind a point.
    fn member(&mut self) -> Result<Item> {
        match self.kind()? {
            Kind::Sign("*") => {
                self.next()?;
                Ok(Item::AnyKey)
            }
            Kind::Sign("**") => {
                self.next()?;
                let mut with_itself = true;
                if self.accept(&Kind::Sign("{"))? {
                    with_itself = self.level()? == "0";
                    if self.accept(&Kind::Keyword("to"))? {
                        self.level()?;
                    }
                    self.expect_sign("}")?;
                }
                Ok(Item::Any { with_itself })
            }
            Kind::Name | Kind::String => Ok(Item::Key(self.next()?.text)),
            Kind::Keyword(word) => {
                let key = self.next()?.text;
                let is_method = matches!(
                    word,
                    "abs"
                        | "size"
                        | "type"
                        | "floor"
                        | "double"
                        | "ceiling"
                        | "keyvalue"
                        | "bigint"
                        | "boolean"
                        | "date"
                        | "integer"
                        | "number"
                        | "string"
                        | "decimal"
                        | "datetime"
                        | "time"
                        | "time_tz"
                        | "timestamp"
                        | "timestamp_tz"
                );
                if !is_method || !self.accept(&Kind::Sign("("))? {
                    return Ok(Item::Key(key));
                }
                let mut template = None;
                match word {
                    "decimal" => self.numbers()?,
                    "datetime" if self.kind()? == Kind::String => template = Some(self.next()?.text),
                    "time" | "time_tz" | "timestamp" | "timestamp_tz" => {
                        self.accept(&Kind::Integer)?;
                    }
                    _ => {}
                }
                self.expect_sign(")")?;
                Ok(Item::Method(word.into(), template))
            }
            _ => self.unexpected(),
        }
    }

    fn level(&mut self) -> Result<String> {
        match self.kind()? {
            Kind::Integer | Kind::Keyword("last") => Ok(self.next()?.text),
            _ => self.unexpected(),
        }
    }

    /// What `decimal` takes: a precision and a scale.
    fn numbers(&mut self) -> Result<()> {
        if self.is(")")? {
            return Ok(());
        }
        let mut count = 0;
        loop {
            if !self.accept(&Kind::Sign("+"))? {
                self.accept(&Kind::Sign("-"))?;
            }
            self.expect(Kind::Integer)?;
            count += 1;
            if !self.accept(&Kind::Sign(","))? {
                break;
            }
        }
        if count > 2 && self.is(")")? {
            return Err(Error::new("42601", "invalid input syntax for type jsonpath"));
        }
        Ok(())
    }
}
