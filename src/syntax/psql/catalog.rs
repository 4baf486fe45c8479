//! psql's commands: what each takes, what it does with the query before it, and what it is for.

/// How a command reads what follows its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Arguments between white space.
    Args,
    /// The rest of the line as it stands.
    Line,
    /// Arguments, of which the first can be `| command` to the line's end.
    Pipe,
}

/// What a command means for the script around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The query before it goes on behind it.
    None,
    /// The query before it is sent, as by a semicolon.
    Sends,
    /// The query before it is thrown away.
    Discards,
    /// `\copy`, whose data can follow in the script.
    Copies,
    /// `\i`.
    Includes,
    /// `\ir`, whose path is relative to its script's.
    IncludesRelative,
}

/// A command of psql 18 or one before it.
#[derive(Clone, Copy, Debug)]
pub struct MetaCommand {
    /// Without its backslash.
    pub name: &'static str,
    /// Its arguments as a help text writes them.
    pub arguments: &'static str,
    /// One sentence.
    pub description: &'static str,
    pub form: Form,
    pub effect: Effect,
}

const fn entry(
    name: &'static str,
    form: Form,
    effect: Effect,
    arguments: &'static str,
    description: &'static str,
) -> MetaCommand {
    MetaCommand { name, arguments, description, form, effect }
}

use Effect::{Copies, Discards, Includes, IncludesRelative, None, Sends};
use Form::{Args, Line, Pipe};

/// In the order of their bytes.
#[rustfmt::skip]
static COMMANDS: &[MetaCommand] = &[
    entry("!", Line, None, "[COMMAND]", "Runs a shell command, or opens a shell."),
    entry("?", Args, None, "[commands | options | variables]", "Shows help on psql itself."),
    entry("C", Args, None, "[TITLE]", "Sets or clears the title above result tables."),
    entry("H", Args, None, "", "Turns HTML output on or off."),
    entry("T", Args, None, "[ATTRIBUTES]", "Sets the attributes of HTML tables."),
    entry("a", Args, None, "", "Turns the alignment of output columns on or off."),
    entry("bind", Args, None, "[PARAMETER]...", "Sets the parameters that the next query is run with."),
    entry("bind_named", Args, None, "STATEMENT [PARAMETER]...", "Sets the parameters for a prepared statement; psql 18."),
    entry("c", Args, None, "[DATABASE [USER [HOST [PORT]]] | CONNINFO]", "Connects to another database or as another user."),
    entry("cd", Args, None, "[DIRECTORY]", "Changes the working directory."),
    entry("close_prepared", Args, Sends, "STATEMENT", "Closes a prepared statement; psql 18."),
    entry("connect", Args, None, "[DATABASE [USER [HOST [PORT]]] | CONNINFO]", "Connects to another database or as another user."),
    entry("conninfo", Args, None, "", "Describes the connection."),
    entry("copy", Line, Copies, "TABLE [(COLUMNS)] FROM | TO FILE [OPTIONS]", "Runs COPY with a file of the client, or with data in the script."),
    entry("copyright", Args, None, "", "Shows PostgreSQL's licence."),
    entry("crosstabview", Args, Sends, "[ROWS [COLUMNS [VALUES [SORT]]]]", "Runs the query and shows its result as a cross table."),
    entry("d", Args, None, "[PATTERN]", "Describes tables, views, indexes and sequences, or lists them."),
    entry("dA", Args, None, "[PATTERN]", "Lists access methods."),
    entry("dAc", Args, None, "[METHOD [TYPE]]", "Lists operator classes."),
    entry("dAf", Args, None, "[METHOD [TYPE]]", "Lists operator families."),
    entry("dAo", Args, None, "[METHOD [FAMILY]]", "Lists the operators of operator families."),
    entry("dAp", Args, None, "[METHOD [FAMILY]]", "Lists the support functions of operator families."),
    entry("dC", Args, None, "[PATTERN]", "Lists casts."),
    entry("dD", Args, None, "[PATTERN]", "Lists domains."),
    entry("dE", Args, None, "[PATTERN]", "Lists foreign tables."),
    entry("dF", Args, None, "[PATTERN]", "Lists text search configurations."),
    entry("dFd", Args, None, "[PATTERN]", "Lists text search dictionaries."),
    entry("dFp", Args, None, "[PATTERN]", "Lists text search parsers."),
    entry("dFt", Args, None, "[PATTERN]", "Lists text search templates."),
    entry("dL", Args, None, "[PATTERN]", "Lists procedural languages."),
    entry("dO", Args, None, "[PATTERN]", "Lists collations."),
    entry("dP", Args, None, "[PATTERN]", "Lists partitioned tables and indexes."),
    entry("dRp", Args, None, "[PATTERN]", "Lists publications."),
    entry("dRs", Args, None, "[PATTERN]", "Lists subscriptions."),
    entry("dT", Args, None, "[PATTERN]", "Lists data types."),
    entry("dX", Args, None, "[PATTERN]", "Lists extended statistics."),
    entry("da", Args, None, "[PATTERN]", "Lists aggregate functions."),
    entry("db", Args, None, "[PATTERN]", "Lists tablespaces."),
    entry("dc", Args, None, "[PATTERN]", "Lists conversions between encodings."),
    entry("dconfig", Args, None, "[PATTERN]", "Lists settings of the server."),
    entry("dd", Args, None, "[PATTERN]", "Shows the comments on objects that no other command shows."),
    entry("ddp", Args, None, "[PATTERN]", "Lists default privileges."),
    entry("des", Args, None, "[PATTERN]", "Lists foreign servers."),
    entry("det", Args, None, "[PATTERN]", "Lists foreign tables."),
    entry("deu", Args, None, "[PATTERN]", "Lists user mappings."),
    entry("dew", Args, None, "[PATTERN]", "Lists foreign-data wrappers."),
    entry("df", Args, None, "[FUNCTION [TYPE]...]", "Lists functions."),
    entry("dg", Args, None, "[PATTERN]", "Lists roles."),
    entry("di", Args, None, "[PATTERN]", "Lists indexes."),
    entry("dl", Args, None, "", "Lists large objects."),
    entry("dm", Args, None, "[PATTERN]", "Lists materialized views."),
    entry("dn", Args, None, "[PATTERN]", "Lists schemas."),
    entry("do", Args, None, "[OPERATOR [TYPE [TYPE]]]", "Lists operators."),
    entry("dp", Args, None, "[PATTERN]", "Lists privileges on tables, views and sequences."),
    entry("drds", Args, None, "[ROLE [DATABASE]]", "Lists the settings of roles and databases."),
    entry("drg", Args, None, "[PATTERN]", "Lists which roles are members of which."),
    entry("ds", Args, None, "[PATTERN]", "Lists sequences."),
    entry("dt", Args, None, "[PATTERN]", "Lists tables."),
    entry("du", Args, None, "[PATTERN]", "Lists roles."),
    entry("dv", Args, None, "[PATTERN]", "Lists views."),
    entry("dx", Args, None, "[PATTERN]", "Lists extensions."),
    entry("dy", Args, None, "[PATTERN]", "Lists event triggers."),
    entry("e", Args, None, "[FILE] [LINE]", "Opens the query, or a file, in an editor."),
    entry("echo", Args, None, "[-n] [TEXT]...", "Prints its arguments."),
    entry("edit", Args, None, "[FILE] [LINE]", "Opens the query, or a file, in an editor."),
    entry("ef", Line, None, "[FUNCTION [LINE]]", "Opens a function's definition in an editor."),
    entry("elif", Args, None, "EXPRESSION", "Begins a further branch of \\if."),
    entry("else", Args, None, "", "Begins the last branch of \\if."),
    entry("encoding", Args, None, "[ENCODING]", "Sets or shows the client's encoding."),
    entry("endif", Args, None, "", "Ends the innermost \\if."),
    entry("endpipeline", Args, Sends, "", "Ends a pipeline; psql 18."),
    entry("errverbose", Args, None, "", "Shows the last error with all its details."),
    entry("ev", Line, None, "[VIEW [LINE]]", "Opens a view's definition in an editor."),
    entry("f", Args, None, "[SEPARATOR]", "Sets or shows the separator of unaligned output."),
    entry("flush", Args, Sends, "", "Sends what is waiting in a pipeline; psql 18."),
    entry("flushrequest", Args, Sends, "", "Asks the server to send its results in a pipeline; psql 18."),
    entry("g", Pipe, Sends, "[(OPTIONS)] [FILE | PIPE]", "Runs the query; can send its result to a file or command."),
    entry("gdesc", Args, Sends, "", "Shows the query's columns and their types without running it."),
    entry("getenv", Args, None, "VARIABLE ENVIRONMENT", "Sets a variable from one of the environment."),
    entry("getresults", Args, Sends, "[COUNT]", "Reads the results that a pipeline has pending; psql 18."),
    entry("gexec", Args, Sends, "", "Runs the query, then runs each value of its result as a statement."),
    entry("gset", Args, Sends, "[PREFIX]", "Runs the query and sets variables named as its columns."),
    entry("gx", Pipe, Sends, "[(OPTIONS)] [FILE | PIPE]", "Runs the query and shows its result in expanded form."),
    entry("h", Line, None, "[COMMAND]", "Shows the syntax of SQL commands."),
    entry("help", Line, None, "[COMMAND]", "Shows the syntax of SQL commands."),
    entry("html", Args, None, "", "Turns HTML output on or off."),
    entry("i", Args, Includes, "FILE", "Runs the commands of a file."),
    entry("if", Args, None, "EXPRESSION", "Begins a part of the script that runs only on a condition."),
    entry("include", Args, Includes, "FILE", "Runs the commands of a file."),
    entry("include_relative", Args, IncludesRelative, "FILE", "Runs the commands of a file, whose path is relative to this script."),
    entry("ir", Args, IncludesRelative, "FILE", "Runs the commands of a file, whose path is relative to this script."),
    entry("l", Args, None, "[PATTERN]", "Lists databases."),
    entry("list", Args, None, "[PATTERN]", "Lists databases."),
    entry("lo_export", Args, None, "OID FILE", "Writes a large object to a file."),
    entry("lo_import", Args, None, "FILE [COMMENT]", "Makes a large object from a file."),
    entry("lo_list", Args, None, "", "Lists large objects."),
    entry("lo_unlink", Args, None, "OID", "Removes a large object."),
    entry("o", Pipe, None, "[FILE | PIPE]", "Sends all results to a file or command, or back to the terminal."),
    entry("out", Pipe, None, "[FILE | PIPE]", "Sends all results to a file or command, or back to the terminal."),
    entry("p", Args, None, "", "Prints the query so far."),
    entry("parse", Args, Sends, "STATEMENT", "Makes a prepared statement of the query; psql 18."),
    entry("password", Args, None, "[USER]", "Changes a password without showing it."),
    entry("print", Args, None, "", "Prints the query so far."),
    entry("prompt", Args, None, "[TEXT] VARIABLE", "Asks the user for a variable's value."),
    entry("pset", Args, None, "[OPTION [VALUE]]", "Sets or shows an option of the output."),
    entry("q", Args, Sends, "", "Leaves psql, or this script."),
    entry("qecho", Args, None, "[-n] [TEXT]...", "Prints its arguments where results go."),
    entry("quit", Args, Sends, "", "Leaves psql, or this script."),
    entry("r", Args, Discards, "", "Throws the query so far away."),
    entry("reset", Args, Discards, "", "Throws the query so far away."),
    entry("restrict", Args, None, "KEY", "Allows no further command of psql until \\unrestrict with the same key."),
    entry("s", Args, None, "[FILE]", "Shows the history of commands, or saves it."),
    entry("sendpipeline", Args, Sends, "", "Adds the query to a pipeline; psql 18."),
    entry("set", Args, None, "[VARIABLE [VALUE]...]", "Sets a variable, or shows all."),
    entry("setenv", Args, None, "VARIABLE [VALUE]", "Sets or removes a variable of the environment."),
    entry("sf", Line, None, "FUNCTION", "Shows a function's definition."),
    entry("sf+", Line, None, "FUNCTION", "Shows a function's definition with line numbers."),
    entry("startpipeline", Args, Sends, "", "Begins a pipeline; psql 18."),
    entry("sv", Line, None, "VIEW", "Shows a view's definition."),
    entry("sv+", Line, None, "VIEW", "Shows a view's definition with line numbers."),
    entry("syncpipeline", Args, Sends, "", "Adds a synchronization point to a pipeline; psql 18."),
    entry("t", Args, None, "[on | off]", "Turns headers and footers of results off or on."),
    entry("timing", Args, None, "[on | off]", "Turns the timing of statements on or off."),
    entry("unrestrict", Args, None, "KEY", "Ends what \\restrict with the same key began."),
    entry("unset", Args, None, "VARIABLE", "Removes a variable."),
    entry("w", Pipe, None, "FILE | PIPE", "Writes the query so far to a file or command."),
    entry("warn", Args, None, "[-n] [TEXT]...", "Prints its arguments as an error."),
    entry("watch", Args, Sends, "[SECONDS] [i=SECONDS] [c=COUNT] [m=ROWS]", "Runs the query again and again."),
    entry("write", Pipe, None, "FILE | PIPE", "Writes the query so far to a file or command."),
    entry("x", Args, None, "[on | off | auto]", "Turns expanded output on or off."),
    entry("z", Args, None, "[PATTERN]", "Lists privileges on tables, views and sequences."),
];

/// All commands, in the order of their bytes.
pub fn all() -> &'static [MetaCommand] {
    COMMANDS
}

/// The command of this name. Those that list objects can have letters such as `S` and `+` behind it.
pub fn lookup(name: &str) -> Option<&'static MetaCommand> {
    let exactly = |name: &str| {
        let found = COMMANDS.binary_search_by(|command| command.name.as_bytes().cmp(name.as_bytes()));
        found.ok().map(|at| &COMMANDS[at])
    };
    exactly(name).or_else(|| exactly(stem(name)?))
}

/// The command that lists objects, of a name with letters behind it. psql looks at the first letters of what begins with
/// `d` and passes over those behind that mean nothing to it: `\dt*` is `\dt`.
fn stem(name: &str) -> Option<&str> {
    const LISTS: [&str; 4] = ["l", "list", "lo_list", "z"];
    let letters = |stem: &&&str| {
        name.strip_prefix(**stem).is_some_and(|rest| rest.chars().all(|letter| "Sx+".contains(letter)))
    };
    if let Some(stem) = LISTS.iter().find(letters) {
        return Some(stem);
    }
    let third = name.as_bytes().get(2).copied().unwrap_or(b'+');
    let len = match name.as_bytes() {
        [b'd', b'+' | b'S', ..] => 1,
        [b'd', b'c', ..] if name.starts_with("dconfig") => 7,
        [b'd', b'r', ..] if name.starts_with("drds") => 4,
        [b'd', b'r', ..] if name.starts_with("drg") => 3,
        [b'd', b'd', ..] if name.starts_with("ddp") => 3,
        [b'd', b'r', ..] => return Option::None,
        [b'd', b'A', ..] if b"cfop".contains(&third) => 3,
        [b'd', b'F', ..] if b"pdt".contains(&third) => 3,
        [b'd', b'e', ..] if b"suwt".contains(&third) => 3,
        [b'd', b'R', ..] if b"ps".contains(&third) => 3,
        [b'd', b'e' | b'R', ..] => return Option::None,
        [b'd', b'A' | b'F', ..] if !b"+Sx".contains(&third) => return Option::None,
        [b'd', b'f', ..] if !b"+Sxanptw".contains(&third) => return Option::None,
        [b'd', b'P', ..] if !b"+Sxtin".contains(&third) => return Option::None,
        [b'd', second, ..] if second.is_ascii_alphabetic() => 2,
        _ => return Option::None,
    };
    name.get(..len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_by_name_and_with_their_letters() {
        assert!(COMMANDS.is_sorted_by(|a, b| a.name.as_bytes() < b.name.as_bytes()));
        for (name, found) in [
            ("dt+", "dt"),
            ("dtvS+", "dt"),
            ("d+", "d"),
            ("dfnpS", "df"),
            ("dPit", "dP"),
            ("l+", "l"),
            ("dtfoo", "dt"),
            ("dt*", "dt"),
            ("d+x", "d"),
            ("dcx", "dc"),
            ("dconfig+", "dconfig"),
            ("ddpS", "ddp"),
            ("dAc+", "dAc"),
            ("dRp+", "dRp"),
            ("dFx", "dF"),
            ("sf+", "sf+"),
            ("gx", "gx"),
        ] {
            assert_eq!(lookup(name).map(|command| command.name), Some(found), "{name}");
        }
        for name in
            ["", "dq", "d*", "dQ", "dRx", "dFoo", "drx", "gy", "set+", "dfz", "S", "+", "ifoo", "lz", "sf++"]
        {
            assert!(lookup(name).is_none(), "{name}");
        }
    }
}
