//! Which placeholders a text's writer uses: set by a setting, or found out from the text.

/// A way to write a placeholder. PostgreSQL's own `$1` is known always.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// `:name`, and psql's `:'name'` and `:"name"`.
    Colon,
    /// `@name`
    At,
    /// `$name`, `$(name)`, `$<name>`, `$/name/`, `$[name]`
    Dollar,
    /// `%s`, `%(name)s`; `%%` is the operator `%`.
    Percent,
    /// `?`, `?1`; `??` is the operator `?` where an operator stands, and a name where a name does.
    Question,
    /// `{name}`, `${name}`, `#{name}`, `{{ name }}`, `{% … %}`
    Brace,
    /// `sqlc.arg(name)`, `sqlc.narg(name)`, `sqlc.slice('name')`, `sqlc.embed(table)`, `@name`
    Sqlc,
}

impl Style {
    pub const ALL: [Style; 7] =
        [Style::Colon, Style::At, Style::Dollar, Style::Percent, Style::Question, Style::Brace, Style::Sqlc];

    /// Its name in a setting.
    pub fn word(self) -> &'static str {
        match self {
            Style::Colon => "colon",
            Style::At => "at",
            Style::Dollar => "dollar",
            Style::Percent => "percent",
            Style::Question => "question",
            Style::Brace => "brace",
            Style::Sqlc => "sqlc",
        }
    }

    pub fn parse(word: &str) -> Option<Style> {
        Style::ALL.into_iter().find(|style| style.word() == word)
    }
}

/// The styles of a text's placeholders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Dialect {
    styles: u8,
    is_set: bool,
}

impl Dialect {
    /// Nothing is known: a text that PostgreSQL's grammar accepts is left as it is, and in any other every style is
    /// looked for.
    pub const UNKNOWN: Dialect = Dialect { styles: 0, is_set: false };

    /// Of one style, which evidence was found for.
    pub fn of(style: Style) -> Dialect {
        let dialect = Dialect::UNKNOWN.with(style);
        // sqlc's `@name` is short for `sqlc.arg(name)`.
        if style == Style::Sqlc { dialect.with(Style::At) } else { dialect }
    }

    /// With what evidence tells, unless a setting says it.
    pub fn or_told(self, told: Dialect) -> Dialect {
        if self.is_set { self } else { self.union(told) }
    }

    /// Whether any style is known to be the writer's.
    pub fn has_styles(self) -> bool {
        self.styles != 0
    }

    /// As a setting says: these styles and no others.
    pub fn set(styles: &[Style]) -> Dialect {
        let none = Dialect { styles: 0, is_set: true };
        styles.iter().fold(none, |dialect, style| dialect.union(Dialect::of(*style)))
    }

    /// With a style that evidence was found for.
    pub fn with(self, style: Style) -> Dialect {
        Dialect { styles: self.styles | 1 << style as u8, ..self }
    }

    pub fn union(self, other: Dialect) -> Dialect {
        Dialect { styles: self.styles | other.styles, is_set: self.is_set || other.is_set }
    }

    /// Whether the style is known to be the writer's, so that it goes before PostgreSQL's own reading.
    pub fn is_known(self, style: Style) -> bool {
        self.styles & 1 << style as u8 != 0
    }

    /// Whether the style may be the writer's.
    pub fn may_have(self, style: Style) -> bool {
        // No function of PostgreSQL's is called like sqlc's.
        !self.is_set || self.is_known(style) || style == Style::Sqlc
    }
}
