//! Intervals as text (datetime.c: DecodeInterval, DecodeISO8601Interval).

use super::date_fields::{Decoded, Fault, Field, Kind, clock, fields, fraction, number};

/// A unit, as far as numbers of it may not be given twice.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Microsecond,
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
    Decade,
    Century,
    Millennium,
    /// One that no number may have: a quarter, a zone.
    Other,
}

enum Word {
    Ignored,
    Ago,
    Unit(Unit),
    Infinity,
    Nothing,
}

/// Words are told apart by their first ten letters.
fn word(text: &str) -> Word {
    let text = &text[..text.len().min(10)];
    Word::Unit(match text {
        "@" | "at" | "on" => return Word::Ignored,
        "ago" => return Word::Ago,
        "infinity" | "-infinity" | "+infinity" => return Word::Infinity,
        "c" | "cent" | "centuries" | "century" => Unit::Century,
        "d" | "day" | "days" => Unit::Day,
        "dec" | "decade" | "decades" | "decs" => Unit::Decade,
        "h" | "hour" | "hours" | "hr" | "hrs" => Unit::Hour,
        "m" | "min" | "mins" | "minute" | "minutes" => Unit::Minute,
        "microsecon" | "us" | "usec" | "usecond" | "useconds" | "usecs" => Unit::Microsecond,
        "mil" | "millennia" | "millennium" | "mils" => Unit::Millennium,
        "millisecon" | "ms" | "msec" | "msecond" | "mseconds" | "msecs" => Unit::Millisecond,
        "mon" | "mons" | "month" | "months" => Unit::Month,
        "qtr" | "quarter" | "timezone" | "timezone_h" | "timezone_m" => Unit::Other,
        "s" | "sec" | "second" | "seconds" | "secs" => Unit::Second,
        "w" | "week" | "weeks" => Unit::Week,
        "y" | "year" | "years" | "yr" | "yrs" => Unit::Year,
        _ => return Word::Nothing,
    })
}

impl Unit {
    /// What a number of it takes: seconds with a fraction take what is less than a second, too.
    fn mask(self, has_fraction: bool) -> u32 {
        match self {
            Unit::Second if has_fraction => Unit::sub_seconds() | 1 << Unit::Second as u32,
            unit => 1 << unit as u32,
        }
    }

    fn sub_seconds() -> u32 {
        1 << Unit::Microsecond as u32 | 1 << Unit::Millisecond as u32
    }

    fn clock() -> u32 {
        Unit::Second.mask(true) | 1 << Unit::Minute as u32 | 1 << Unit::Hour as u32
    }
}

fn decode(fields: &[Field], major: u32) -> Decoded {
    let mut seen = 0;
    let mut unit: Option<Unit> = None;
    // Whether a unit waits for its number: PostgreSQL 16 began to ask for one.
    let mut waits = false;
    for (n, Field { kind, text }) in fields.iter().enumerate().rev() {
        let found = match kind {
            Kind::Time => {
                clock(text)?;
                if waits {
                    return Err(Fault::Unknown);
                }
                unit = Some(Unit::Day);
                Unit::clock()
            }
            Kind::Zone if text[1..].contains(':') && clock(&text[1..]).is_ok() => {
                if waits {
                    return Err(Fault::Unknown);
                }
                unit = Some(Unit::Day);
                Unit::clock()
            }
            Kind::Zone | Kind::Date | Kind::Number => {
                let own = unit.unwrap_or(Unit::Second);
                unit = Some(own);
                let (value, rest) = number(text)?;
                let mut has_fraction = false;
                let own = match rest.as_bytes().first() {
                    Some(b'-') => {
                        let (months, rest) = number(&rest[1..])?;
                        if !(0..12).contains(&months) {
                            return Err(Fault::Range);
                        }
                        if !rest.is_empty() {
                            return Err(Fault::Format);
                        }
                        unit = Some(Unit::Month);
                        Unit::Month
                    }
                    Some(b'.') => {
                        has_fraction = fraction(rest)?;
                        own
                    }
                    None => own,
                    _ => return Err(Fault::Format),
                };
                waits = false;
                // How much fits is a version's matter.
                if value.abs() > 100_000 {
                    return Err(Fault::Unknown);
                }
                match own {
                    Unit::Other => return Err(Fault::Format),
                    Unit::Hour => unit = Some(Unit::Day),
                    _ => {}
                }
                own.mask(has_fraction)
            }
            Kind::Word | Kind::Special => {
                match word(text) {
                    // Which versions pass over these is not known.
                    Word::Ignored if text != "@" => return Err(Fault::Unknown),
                    Word::Ignored => continue,
                    Word::Infinity => return Err(Fault::Unknown),
                    Word::Nothing => return Err(Fault::Format),
                    Word::Ago if n + 1 != fields.len() && major >= 16 => return Err(Fault::Format),
                    Word::Ago => unit = Some(Unit::Other),
                    Word::Unit(_) if waits && major >= 16 => return Err(Fault::Format),
                    Word::Unit(own) => {
                        unit = Some(own);
                        waits = major >= 16;
                    }
                }
                0
            }
        };
        if seen & found != 0 {
            return Err(Fault::Format);
        }
        seen |= found;
    }
    if seen == 0 || waits { Err(Fault::Format) } else { Ok(()) }
}

/// A number of an ISO interval, and what follows.
fn iso_number(text: &str) -> Decoded<&str> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '.')) {
        return Err(Fault::Format);
    }
    let rest = text.strip_prefix('-').unwrap_or(text);
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(rest);
    let mut behind = &rest[whole..];
    let mut has_digits = whole > 0;
    if let Some(fraction) = behind.strip_prefix('.') {
        let count = digits(fraction);
        has_digits |= count > 0;
        behind = &fraction[count..];
    }
    if !has_digits {
        // The C library may read words and hexadecimal digits, too.
        return if rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            Err(Fault::Unknown)
        } else {
            Err(Fault::Format)
        };
    }
    if behind.starts_with(['e', 'E', 'x', 'X']) || whole > 5 {
        return Err(Fault::Unknown);
    }
    Ok(behind)
}

/// `P1Y2M3DT4H5M6S`, `P0001-02-03T04:05:06`
fn iso(text: &str) -> Decoded {
    let Some(mut rest) = text.strip_prefix('P').filter(|rest| !rest.is_empty()) else {
        return Err(Fault::Format);
    };
    let (mut is_date, mut has_field) = (true, false);
    while let Some(first) = rest.chars().next() {
        if first == 'T' {
            (is_date, has_field) = (false, false);
            rest = &rest[1..];
            continue;
        }
        rest = iso_number(rest)?;
        let unit = rest.chars().next();
        rest = unit.map_or("", |unit| &rest[unit.len_utf8()..]);
        match (is_date, unit) {
            (true, Some('Y' | 'M' | 'W' | 'D')) | (false, Some('H' | 'M' | 'S')) => {}
            (true, Some('T') | None) => {
                // Eight digits are a whole date, which are too many to be read here.
                if has_field {
                    return Err(Fault::Format);
                }
                if unit.is_none() {
                    return Ok(());
                }
                (is_date, has_field) = (false, false);
                continue;
            }
            (false, None) if has_field => return Err(Fault::Format),
            (false, None) => return Ok(()),
            (true, Some('-')) | (false, Some(':')) => {
                if has_field {
                    return Err(Fault::Format);
                }
                let separator = if is_date { '-' } else { ':' };
                let mut is_done = false;
                for n in 0..2 {
                    rest = iso_number(rest)?;
                    match rest.chars().next() {
                        None => return Ok(()),
                        Some('T') if is_date => {
                            is_done = true;
                            break;
                        }
                        Some(c) if c == separator && n == 0 => rest = &rest[1..],
                        Some(_) => return Err(Fault::Format),
                    }
                }
                if is_done {
                    has_field = false;
                    continue;
                }
            }
            _ => return Err(Fault::Format),
        }
        has_field = true;
    }
    Ok(())
}

/// Reads a text as an interval: a fault in its range is the interval's.
pub(super) fn read(text: &str, major: u32) -> Decoded {
    let decoded = fields(text).and_then(|fields| decode(&fields, major));
    match decoded {
        Err(Fault::Format) => iso(text),
        other => other,
    }
}
