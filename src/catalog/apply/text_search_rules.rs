//! What PostgreSQL refuses of text search objects (tsearchcmds.c).

use crate::syntax::ast::{DefElem, Node};

use super::super::builtin;
use super::super::entity::{Entity, EntityKind, Value};
use super::super::model::Name;
use super::super::types::TypeRef;
use super::exact::signature;
use super::text_search::MAPPING;
use super::{Fold, Result, offset, option};

/// What the parser that PostgreSQL brings tells apart (`ts_token_type`).
const TOKENS: [&str; 23] = [
    "asciiword",
    "word",
    "numword",
    "email",
    "url",
    "host",
    "sfloat",
    "version",
    "hword_numpart",
    "hword_part",
    "hword_asciipart",
    "blank",
    "tag",
    "protocol",
    "numhword",
    "asciihword",
    "hword",
    "url_path",
    "file",
    "float",
    "int",
    "uint",
    "entity",
];

/// What dictionaries of one of PostgreSQL's templates take.
struct Dictionary {
    template: &'static str,
    /// In messages.
    called: &'static str,
    options: &'static [&'static str],
    /// In the order in which PostgreSQL asks for them.
    needed: &'static [&'static str],
    /// Whether an option that is given twice is wrong.
    counts: bool,
}

const DICTIONARIES: [Dictionary; 5] = [
    Dictionary {
        template: "simple",
        called: "simple dictionary",
        options: &["StopWords", "Accept"],
        needed: &[],
        counts: true,
    },
    Dictionary {
        template: "synonym",
        called: "synonym",
        options: &["Synonyms", "CaseSensitive"],
        needed: &["Synonyms"],
        counts: false,
    },
    Dictionary {
        template: "ispell",
        called: "Ispell",
        options: &["DictFile", "AffFile", "StopWords"],
        needed: &["AffFile", "DictFile"],
        counts: true,
    },
    Dictionary {
        template: "thesaurus",
        called: "Thesaurus",
        options: &["DictFile", "Dictionary"],
        needed: &["DictFile", "Dictionary"],
        counts: true,
    },
    Dictionary {
        template: "snowball",
        called: "Snowball",
        options: &["StopWords", "Language"],
        needed: &["Language"],
        counts: true,
    },
];

impl Fold<'_> {
    /// PostgreSQL's error for an option that such an object has not, or for a value that is none. A dictionary's own are
    /// its template's affair. Of what an option is called the case counts.
    pub(super) fn is_text_search_option(&self, kind: EntityKind, element: &DefElem) -> Result {
        let name = element.defname.as_str();
        let known: &[&str] = match kind {
            EntityKind::TextSearchParser => &["start", "gettoken", "end", "headline", "lextypes"],
            EntityKind::TextSearchTemplate => &["init", "lexize"],
            EntityKind::TextSearchConfiguration => &["parser", "copy"],
            _ => &["template"],
        };
        match known.contains(&name) {
            true => self.is_qualified_name(element),
            false if kind == EntityKind::TextSearchDictionary => Ok(()),
            false => {
                let message = format!("{} parameter \"{name}\" not recognized", kind.word());
                self.refuse("42601", message, offset(element.location))
            }
        }
    }

    /// What a function must take and give that does something for a parser or a template.
    pub(super) fn is_text_search_function(&self, kind: EntityKind, element: &DefElem) -> Result {
        let internal = |count: usize| vec![TypeRef::builtin("internal"); count];
        let (taken, result) = match (kind, element.defname.as_str()) {
            (EntityKind::TextSearchParser, "start") => {
                ([internal(1), vec![TypeRef::builtin("int4")]].concat(), "internal")
            }
            (EntityKind::TextSearchParser, "gettoken") => (internal(3), "internal"),
            (EntityKind::TextSearchParser, "end") => (internal(1), "void"),
            (EntityKind::TextSearchParser, "headline") => {
                ([internal(2), vec![TypeRef::builtin("tsquery")]].concat(), "internal")
            }
            (EntityKind::TextSearchTemplate, "lexize") => (internal(4), "internal"),
            _ => (internal(1), "internal"),
        };
        let parts = option::name_parts(element);
        match self.exact_function(&parts, &taken)? {
            Some(found) if !found.returns(result) => {
                let message = format!("function {} should return type {result}", signature(&parts, &taken));
                self.fail("42P17", message, self.token(parts.last().unwrap_or(&"")))
            }
            _ => Ok(()),
        }
    }

    /// What an object cannot do without.
    pub(super) fn is_whole(&self, entity: &Entity, definition: &[Node]) -> Result {
        let at = self.token(&entity.name);
        let is_given = |name: &str| option::elements(definition).any(|element| element.defname == name);
        let wanting = |names: &[&str]| names.iter().find(|name| !is_given(name)).map(ToString::to_string);
        let message = match entity.kind {
            EntityKind::TextSearchParser => wanting(&["start", "gettoken", "end", "lextypes"])
                .map(|name| format!("text search parser {name} method is required")),
            EntityKind::TextSearchTemplate => {
                wanting(&["lexize"]).map(|name| format!("text search template {name} method is required"))
            }
            EntityKind::TextSearchDictionary => {
                (!is_given("template")).then(|| "text search template is required".to_owned())
            }
            _ if is_given("parser") && is_given("copy") => {
                let message = "cannot specify both PARSER and COPY options";
                return self.refuse("42601", message.into(), at);
            }
            _ if is_given("parser") || is_given("copy") => None,
            _ => Some("text search parser is required".to_owned()),
        };
        match message {
            Some(message) => self.fail("42P17", message, at),
            None => Ok(()),
        }
    }

    /// PostgreSQL's error for options that a dictionary's template does not take, as far as templates are known. Files are
    /// not looked for.
    pub(super) fn are_dictionary_options(&self, dictionary: &Entity, options: &[(Name, Name)]) -> Result {
        let Some(Value::Entity(_, template)) = dictionary.get("template") else { return Ok(()) };
        let own = self.catalog.entity(EntityKind::TextSearchTemplate, Some(&template.schema), &template.name);
        if let Some(own) = own {
            if own.get("init").is_none() && !options.is_empty() {
                let message = format!("text search template \"{}\" does not accept options", own.name);
                return self.fail("42601", message, self.token(&own.name));
            }
            return Ok(());
        }
        let Some(template) = DICTIONARIES.iter().find(|known| known.template == &*template.name) else {
            return Ok(());
        };
        let mut given = Vec::new();
        for (name, value) in options {
            let wrong = |message: String| self.fail("22023", message, self.token(name));
            let known = template.options.iter().find(|option| option.to_ascii_lowercase() == **name);
            let Some(known) = known else {
                return wrong(format!("unrecognized {} parameter: \"{name}\"", template.called));
            };
            if given.contains(&known) && template.counts {
                return wrong(format!("multiple {known} parameters"));
            }
            given.push(known);
            if matches!(*known, "Accept" | "CaseSensitive") && option::truth_of_text(value).is_none() {
                let message = format!("{name} requires a Boolean value");
                return self.fail("42601", message, self.token(name));
            }
            if *known == "Language" {
                self.has_stemmer(value)?;
            }
        }
        match template.needed.iter().find(|needed| !given.contains(needed)) {
            Some(needed) => {
                self.fail("22023", format!("missing {needed} parameter"), self.token(&dictionary.name))
            }
            None => Ok(()),
        }
    }

    /// Each language for which there is a stemmer has a dictionary with it, but for the ones of which there are two.
    fn has_stemmer(&self, language: &str) -> Result {
        let dictionary = format!("{}_stem", language.to_ascii_lowercase());
        let known = builtin::facts().objects.named_in_any(&dictionary);
        let is_second = language.to_ascii_lowercase().contains("porter");
        if is_second || known.iter().any(|object| object.kind == EntityKind::TextSearchDictionary.word()) {
            return Ok(());
        }
        let message =
            format!("no Snowball stemmer available for language \"{language}\" and encoding \"UTF8\"");
        self.fail("42704", message, self.string_token(language).or_else(|| self.token(language)))
    }

    /// PostgreSQL's error for a name that is taken: of these only an index tells.
    pub(super) fn is_new_text_search(&self, entity: &Entity) -> Result {
        let named = self.catalog.entities_named(entity.kind, entity.schema.as_deref(), &entity.name);
        if named.is_empty() {
            return Ok(());
        }
        let index = match entity.kind {
            EntityKind::TextSearchParser => "pg_ts_parser_prsname_index",
            EntityKind::TextSearchTemplate => "pg_ts_template_tmplname_index",
            EntityKind::TextSearchDictionary => "pg_ts_dict_dictname_index",
            _ => "pg_ts_config_cfgname_index",
        };
        let message = format!("duplicate key value violates unique constraint \"{index}\"");
        self.fail("23505", message, self.token(&entity.name))
    }

    /// PostgreSQL's error for a token that a configuration's parser does not know.
    pub(super) fn are_tokens(&self, configuration: &Entity, tokens: &[&str]) -> Result {
        let is_default = matches!(
            configuration.get("parser"),
            Some(Value::Entity(_, name)) if *name.schema == *"pg_catalog" && *name.name == *"default"
        );
        match tokens.iter().find(|token| is_default && !TOKENS.contains(token)) {
            Some(token) => {
                self.fail("22023", format!("token type \"{token}\" does not exist"), self.token(token))
            }
            None => Ok(()),
        }
    }

    /// PostgreSQL's error for tokens of which a configuration has no mapping to drop.
    pub(super) fn are_mapped(&self, configuration: &Entity, tokens: &[&str]) -> Result {
        let is_mapped = |token: &str| configuration.get(&format!("{MAPPING}{token}")).is_some();
        match tokens.iter().find(|token| !is_mapped(token)) {
            Some(token) => {
                let message = format!("mapping for token type \"{token}\" does not exist");
                self.fail("42704", message, self.token(token))
            }
            None => Ok(()),
        }
    }
}
