//! Geometric types as text (geo_ops.c).

/// What a text was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Right,
    Wrong,
    /// A line that is none, and why.
    NoLine(&'static str),
    /// Whether it is right cannot be told without the C library.
    Unknown,
}

use Verdict::{NoLine, Right, Unknown, Wrong};

type Step<'t, T = ()> = Result<(T, &'t str), Verdict>;

fn trimmed(text: &str) -> &str {
    text.trim_start_matches(super::constant::is_space)
}

/// A number and what follows, blanks behind it passed over (single_decode).
fn single(text: &str) -> Step<'_, f64> {
    let text = trimmed(text);
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let lower = unsigned.get(..8.min(unsigned.len())).unwrap_or("").to_ascii_lowercase();
    if lower.starts_with("0x") || lower.starts_with("nan") || lower.starts_with("inf") {
        return Err(Unknown);
    }
    let whole = digits(unsigned);
    let mut length = whole;
    let mut count = whole;
    if unsigned[length..].starts_with('.') {
        let fraction = digits(&unsigned[length + 1..]);
        count += fraction;
        length += 1 + fraction;
    }
    if count == 0 {
        return Err(Wrong);
    }
    if unsigned[length..].starts_with(['e', 'E']) {
        let exponent = &unsigned[length + 1..];
        let sign = usize::from(exponent.starts_with(['-', '+']));
        let own = digits(&exponent[sign..]);
        if own > 0 {
            length += 1 + sign + own;
        }
    }
    let length = text.len() - unsigned.len() + length;
    let value: f64 = text[..length].parse().map_err(|_| Unknown)?;
    // What is too large or too small is another error.
    if value.is_infinite() || value == 0.0 && text[..length].bytes().any(|byte| (b'1'..=b'9').contains(&byte))
    {
        return Err(Unknown);
    }
    Ok((value, trimmed(&text[length..])))
}

fn expect(text: &str, c: char) -> Result<&str, Verdict> {
    text.strip_prefix(c).ok_or(Wrong)
}

/// `(x, y)` or `x, y` (pair_decode).
fn pair(text: &str) -> Step<'_, (f64, f64)> {
    let text = trimmed(text);
    let inner = text.strip_prefix('(');
    let (x, rest) = single(inner.unwrap_or(text))?;
    let (y, mut rest) = single(expect(rest, ',')?)?;
    if inner.is_some() {
        rest = trimmed(expect(rest, ')')?);
    }
    Ok(((x, y), rest))
}

/// Whether an opening parenthesis is the last one.
fn is_last_open(text: &str) -> bool {
    text.rfind('(') == Some(0)
}

/// Points in parentheses or brackets (path_decode).
fn path(text: &str, may_be_open: bool, count: usize) -> Step<'_, Vec<(f64, f64)>> {
    let mut rest = trimmed(text);
    let mut depth = 0;
    let is_open = rest.starts_with('[');
    if is_open {
        if !may_be_open {
            return Err(Wrong);
        }
        depth += 1;
        rest = &rest[1..];
    } else if rest.starts_with('(') {
        let behind = trimmed(&rest[1..]);
        if behind.starts_with('(') || is_last_open(rest) {
            depth += 1;
            rest = behind;
        }
    }
    let mut points = Vec::new();
    for _ in 0..count {
        let (point, behind) = pair(rest)?;
        points.push(point);
        rest = behind.strip_prefix(',').unwrap_or(behind);
    }
    while depth > 0 {
        let is_end = rest.starts_with(')') || rest.starts_with(']') && is_open && depth == 1;
        if !is_end {
            return Err(Wrong);
        }
        depth -= 1;
        rest = trimmed(&rest[1..]);
    }
    Ok((points, rest))
}

fn whole<T>(step: Step<'_, T>) -> Result<T, Verdict> {
    match step? {
        (value, "") => Ok(value),
        _ => Err(Wrong),
    }
}

/// How many points as many commas stand between.
fn pairs(text: &str) -> Result<usize, Verdict> {
    let commas = text.matches(',').count();
    if commas % 2 == 1 { Ok(commas.div_ceil(2)) } else { Err(Wrong) }
}

fn open_or_closed_path(text: &str) -> Result<(), Verdict> {
    let count = pairs(text)?;
    let mut rest = trimmed(text);
    let is_in = rest.starts_with('(') && is_last_open(rest);
    if is_in {
        rest = &rest[1..];
    }
    let (_, mut rest) = path(rest, true, count)?;
    if is_in {
        rest = trimmed(expect(rest, ')')?);
    }
    if rest.is_empty() { Ok(()) } else { Err(Wrong) }
}

fn circle(text: &str) -> Result<(), Verdict> {
    let mut rest = trimmed(text);
    let mut depth = 0;
    if let Some(behind) = rest.strip_prefix('<') {
        depth += 1;
        rest = behind;
    } else if let Some(behind) = rest.strip_prefix('(').map(trimmed).filter(|behind| behind.starts_with('('))
    {
        depth += 1;
        rest = behind;
    }
    let (_, behind) = pair(rest)?;
    let (radius, mut rest) = single(behind.strip_prefix(',').unwrap_or(behind))?;
    if radius < 0.0 {
        return Err(Wrong);
    }
    while depth > 0 {
        if !(rest.starts_with(')') || rest.starts_with('>') && depth == 1) {
            return Err(Wrong);
        }
        depth -= 1;
        rest = trimmed(&rest[1..]);
    }
    if rest.is_empty() { Ok(()) } else { Err(Wrong) }
}

fn line(text: &str) -> Result<(), Verdict> {
    let Some(rest) = trimmed(text).strip_prefix('{') else {
        let points = whole(path(text, true, 2))?;
        // Points that are nearly one are one.
        let is_one = (points[0].0 - points[1].0).abs() <= 1e-6 && (points[0].1 - points[1].1).abs() <= 1e-6;
        return match is_one {
            true => Err(NoLine("must be two distinct points")),
            false => Ok(()),
        };
    };
    let (a, rest) = single(rest)?;
    let (b, rest) = single(expect(rest, ',')?)?;
    let (_, rest) = single(expect(rest, ',')?)?;
    if !trimmed(expect(rest, '}')?).is_empty() {
        return Err(Wrong);
    }
    match a.abs() <= 1e-6 && b.abs() <= 1e-6 {
        true => Err(NoLine("A and B cannot both be zero")),
        false => Ok(()),
    }
}

/// Reads a text as a value of a geometric type.
pub(super) fn read(name: &str, text: &str) -> Verdict {
    let read = match name {
        "point" => whole(pair(text)).map(|_| ()),
        "lseg" => whole(path(text, true, 2)).map(|_| ()),
        "box" => whole(path(text, false, 2)).map(|_| ()),
        "polygon" => pairs(text).and_then(|count| whole(path(text, false, count)).map(|_| ())),
        "path" => open_or_closed_path(text),
        "circle" => circle(text),
        "line" => line(text),
        _ => Ok(()),
    };
    read.err().unwrap_or(Right)
}
