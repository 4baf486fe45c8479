//! Dates and times as text (datetime.c): what no setting of DateStyle makes right.

use super::date_fields::{Decoded, FIELDS, Fault, Field, Kind, Word, clock, fields, fraction, number, word};

/// How numbers are to be read that are not plain to see.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    MonthDay,
    DayMonth,
    Year,
}

/// Sets of what has been read.
mod mask {
    pub const YEAR: u32 = 1;
    pub const MONTH: u32 = 2;
    pub const DAY: u32 = 4;
    pub const TIME: u32 = 8;
    pub const ZONE: u32 = 16;
    pub const DAY_OF_YEAR: u32 = 32;
    pub const WEEKDAY: u32 = 64;
    pub const MERIDIAN: u32 = 128;
    pub const ERA: u32 = 256;
    pub const WHOLE: u32 = 512;
    pub const DATE: u32 = YEAR | MONTH | DAY;
}

struct Decoder {
    order: Order,
    major: u32,
    /// Dates are no more than an aid: it is a time.
    is_time: bool,
    seen: u32,
    year: i64,
    month: i64,
    day: i64,
    day_of_year: i64,
    hour: i64,
    minute: i64,
    second: i64,
    has_fraction: bool,
    two_digits: bool,
    text_month: bool,
    before_christ: bool,
    afternoon: Option<bool>,
    /// What `t` announces.
    time_follows: bool,
    is_whole: bool,
}

/// A zone as a number (DecodeTimezone).
fn displacement(text: &str) -> Decoded {
    let overflow = |fault: Fault| if fault == Fault::Range { Fault::Displacement } else { fault };
    if !text.starts_with(['-', '+']) {
        return Err(Fault::Format);
    }
    let (mut hour, mut rest) = number(&text[1..]).map_err(overflow)?;
    let (mut minute, mut second) = (0, 0);
    if let Some(behind) = rest.strip_prefix(':') {
        (minute, rest) = number(behind).map_err(overflow)?;
        if let Some(behind) = rest.strip_prefix(':') {
            (second, rest) = number(behind).map_err(overflow)?;
        }
    } else if rest.is_empty() && text.len() > 3 {
        (hour, minute) = (hour / 100, hour % 100);
    }
    if !(0..=15).contains(&hour) || !(0..60).contains(&minute) || !(0..60).contains(&second) {
        return Err(Fault::Displacement);
    }
    if rest.is_empty() { Ok(()) } else { Err(Fault::Format) }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of(month: i64, year: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Decoder {
    fn new(order: Order, is_time: bool, major: u32) -> Decoder {
        Decoder {
            order,
            major,
            is_time,
            seen: 0,
            year: 0,
            month: 0,
            day: 0,
            day_of_year: 0,
            hour: 0,
            minute: 0,
            second: 0,
            has_fraction: false,
            two_digits: false,
            text_month: false,
            before_christ: false,
            afternoon: None,
            time_follows: false,
            is_whole: false,
        }
    }

    fn has(&self, mask: u32) -> bool {
        self.seen & mask == mask
    }

    /// Reads the fields, and looks at them together.
    fn decode(mut self, fields: &[Field]) -> Decoded {
        for n in 0..fields.len() {
            let Some(found) = self.field(fields, n)? else { continue };
            if self.seen & found != 0 {
                return Err(Fault::Format);
            }
            self.seen |= found;
        }
        if self.time_follows {
            return Err(Fault::Format);
        }
        self.validate()?;
        if let Some(afternoon) = self.afternoon {
            if self.hour > 12 {
                return Err(Fault::Range);
            }
            if self.hour == 12 && !afternoon {
                self.hour = 0;
            } else if self.hour != 12 && afternoon {
                self.hour += 12;
            }
        }
        if self.is_time {
            self.check_time()?;
            return if self.has(mask::TIME) { Ok(()) } else { Err(Fault::Format) };
        }
        if self.is_whole || self.has(mask::DATE) { Ok(()) } else { Err(Fault::Format) }
    }

    fn check_time(&self) -> Decoded {
        let rest = self.minute > 0 || self.second > 0 || self.has_fraction;
        match self.hour > 24 || self.hour == 24 && rest || self.minute > 59 || self.second > 60 {
            true => Err(Fault::Range),
            false => Ok(()),
        }
    }

    /// What one field adds; `None` where it is passed over.
    fn field(&mut self, fields: &[Field], n: usize) -> Decoded<Option<u32>> {
        let Field { kind, text } = &fields[n];
        let starts_with_digit = text.starts_with(|c: char| c.is_ascii_digit());
        Ok(Some(match kind {
            Kind::Date if self.is_time => {
                let may_be_date = n == 0
                    && fields.len() >= 2
                    && (fields[fields.len() - 1].kind == Kind::Date || fields[1].kind == Kind::Time);
                self.time_follows = false;
                match () {
                    _ if may_be_date => self.date(text)?,
                    _ if starts_with_digit => self.time_with_zone(text, self.seen | mask::DATE)?,
                    _ => return Err(Fault::Unknown),
                }
            }
            Kind::Date if self.time_follows || self.has(mask::MONTH | mask::DAY) => {
                // The name of a zone.
                if !starts_with_digit && !self.time_follows {
                    return Err(Fault::Unknown);
                }
                self.time_follows = false;
                self.time_with_zone(text, self.seen)?
            }
            Kind::Date => self.date(text)?,
            Kind::Time => {
                self.time_follows = false;
                (self.hour, self.minute, self.second, self.has_fraction) = clock(text)?;
                if !self.is_time {
                    self.check_time()?;
                }
                mask::TIME
            }
            Kind::Zone => {
                displacement(text)?;
                mask::ZONE
            }
            Kind::Number if self.time_follows => {
                self.time_follows = false;
                number(text)?;
                let found = self.number_field(text, self.seen | mask::DATE)?;
                if found != mask::TIME {
                    return Err(Fault::Format);
                }
                found
            }
            Kind::Number => self.plain_number(fields, n)?,
            Kind::Word | Kind::Special => return self.word(fields, n),
        }))
    }

    fn plain_number(&mut self, fields: &[Field], n: usize) -> Decoded<u32> {
        let text = &fields[n].text;
        let with_date = if self.is_time { self.seen | mask::DATE } else { self.seen };
        if let Some(point) = text.find('.') {
            let is_date = match self.is_time {
                true => n == 0 && fields.len() >= 2 && fields[fields.len() - 1].kind == Kind::Date,
                false => self.seen & mask::DATE == 0,
            };
            if is_date {
                return self.date(text);
            }
            if point > 2 {
                return self.number_field(text, with_date);
            }
            if self.is_time {
                return Err(Fault::Format);
            }
            return match text.len() >= 6 && self.seen & mask::TIME == 0 {
                true => self.number_field(text, with_date),
                false => self.number(text, self.text_month, with_date),
            };
        }
        let is_run_together = match self.is_time {
            true => text.len() > 4,
            false => text.len() >= 6 && (self.seen & mask::DATE == 0 || self.seen & mask::TIME == 0),
        };
        match is_run_together {
            true => self.number_field(text, with_date),
            false => self.number(text, self.text_month && !self.is_time, with_date),
        }
    }

    fn word(&mut self, fields: &[Field], n: usize) -> Decoded<Option<u32>> {
        let text = &fields[n].text;
        Ok(Some(match word(text, self.major) {
            Word::Ignored => return Ok(None),
            Word::Other => return Err(Fault::Unknown),
            // Before a time labels are passed over in some versions, and a day may be a zone.
            Word::Nothing | Word::Weekday if self.is_time && (text.len() < 3 || text == "sat") => {
                return Err(Fault::Unknown);
            }
            Word::Nothing => {
                // A number behind a label is read before the label is found to be none.
                if let Some(next) =
                    fields.get(n + 1).filter(|next| text.len() < 3 && next.kind == Kind::Number)
                {
                    number(&next.text)?;
                }
                return Err(Fault::Format);
            }
            Word::Zone => mask::ZONE,
            Word::Meridian(afternoon) => {
                self.afternoon = Some(afternoon);
                mask::MERIDIAN
            }
            Word::Era(before_christ) => {
                self.before_christ = before_christ;
                mask::ERA
            }
            Word::IsoTime => {
                let next = fields.get(n + 1).map(|next| next.kind);
                let is_sensible = matches!(next, Some(Kind::Number | Kind::Time | Kind::Date));
                if next.is_none() || !self.is_time && !self.has(mask::DATE) {
                    return Err(Fault::Format);
                }
                if !is_sensible {
                    return Err(Fault::Unknown);
                }
                self.time_follows = true;
                0
            }
            Word::Now if self.is_time => mask::TIME,
            Word::Now => self.today(mask::DATE | mask::TIME | mask::ZONE),
            Word::AllBalls => mask::TIME | mask::ZONE,
            _ if self.is_time => return Err(Fault::Format),
            Word::Day => self.today(mask::DATE),
            Word::Whole => {
                self.is_whole = true;
                match self.major {
                    ..16 => mask::WHOLE,
                    _ => mask::DATE | mask::TIME | mask::ZONE,
                }
            }
            Word::Weekday => mask::WEEKDAY,
            Word::Month(month) => {
                let is_day = self.has(mask::MONTH)
                    && !self.text_month
                    && !self.has(mask::DAY)
                    && (1..=31).contains(&self.month);
                if is_day {
                    self.day = self.month;
                }
                self.text_month = true;
                self.month = month;
                if is_day { mask::DAY } else { mask::MONTH }
            }
        }))
    }

    /// A day that is one, whichever it is.
    fn today(&mut self, found: u32) -> u32 {
        (self.year, self.month, self.day) = (2000, 1, 1);
        found
    }

    /// `hhmmss-zz`
    fn time_with_zone(&mut self, text: &str, seen: u32) -> Decoded<u32> {
        if self.has(mask::TIME) {
            return Err(Fault::Format);
        }
        let at = text.find('-').ok_or(Fault::Format)?;
        displacement(&text[at..])?;
        Ok(self.number_field(&text[..at], seen)? | mask::ZONE)
    }

    /// A date with delimiters (DecodeDate).
    fn date(&mut self, text: &str) -> Decoded<u32> {
        let bytes = text.as_bytes();
        let mut parts: Vec<&str> = Vec::new();
        let mut n = 0;
        while n < bytes.len() && parts.len() < FIELDS {
            while n < bytes.len() && !bytes[n].is_ascii_alphanumeric() {
                n += 1;
            }
            if n == bytes.len() {
                return Err(Fault::Format);
            }
            let start = n;
            let is_number = bytes[n].is_ascii_digit();
            while n < bytes.len()
                && bytes[n].is_ascii_alphanumeric()
                && bytes[n].is_ascii_digit() == is_number
            {
                n += 1;
            }
            parts.push(&text[start..n]);
            n += 1;
        }
        let mut found = 0;
        let mut text_month = false;
        for part in parts.iter().filter(|part| part.as_bytes()[0].is_ascii_alphabetic()) {
            match word(part, self.major) {
                Word::Ignored => continue,
                Word::Month(month) => {
                    self.month = month;
                    text_month = true;
                }
                _ => return Err(Fault::Format),
            }
            if (self.seen | found) & mask::MONTH != 0 {
                return Err(Fault::Format);
            }
            found |= mask::MONTH;
        }
        for part in parts.iter().filter(|part| part.as_bytes()[0].is_ascii_digit()) {
            let own = self.number(part, text_month, self.seen | found)?;
            if (self.seen | found) & own != 0 {
                return Err(Fault::Format);
            }
            found |= own;
        }
        match (self.seen | found) & !(mask::DAY_OF_YEAR | mask::ZONE) == mask::DATE {
            true => Ok(found),
            false => Err(Fault::Format),
        }
    }

    /// A number as a part of a date (DecodeNumber).
    fn number(&mut self, text: &str, text_month: bool, seen: u32) -> Decoded<u32> {
        let (value, rest) = number(text)?;
        if rest.len() == text.len() {
            return Err(Fault::Format);
        }
        if rest.starts_with('.') {
            if text.len() - rest.len() > 2 {
                return self.number_field(text, seen | mask::DATE);
            }
            self.has_fraction = fraction(rest)?;
        } else if !rest.is_empty() {
            return Err(Fault::Format);
        }
        let length = text.len();
        if length == 3 && seen & mask::DATE == mask::YEAR && (1..=366).contains(&value) {
            self.day_of_year = value;
            return Ok(mask::DAY_OF_YEAR | mask::MONTH | mask::DAY);
        }
        let found = match (seen & mask::DATE, self.order) {
            (0, _) if length >= 3 => mask::YEAR,
            (0, Order::Year) => mask::YEAR,
            (0, Order::DayMonth) => mask::DAY,
            (0, Order::MonthDay) => mask::MONTH,
            (mask::YEAR, _) => mask::MONTH,
            (mask::MONTH, order) => match text_month && (length >= 3 || order == Order::Year) {
                true => mask::YEAR,
                false => mask::DAY,
            },
            (date, _) if date == mask::YEAR | mask::MONTH => {
                if text_month && length >= 3 && self.two_digits {
                    // What looked like the year was the day.
                    self.day = self.year;
                    self.year = value;
                    self.two_digits = false;
                    return Ok(mask::DAY);
                }
                mask::DAY
            }
            (mask::DAY, _) => mask::MONTH,
            (date, _) if date == mask::MONTH | mask::DAY => mask::YEAR,
            (mask::DATE, _) => return self.number_field(text, seen),
            _ => return Err(Fault::Format),
        };
        match found {
            mask::YEAR => {
                self.year = value;
                self.two_digits = length <= 2;
            }
            mask::MONTH => self.month = value,
            _ => self.day = value,
        }
        Ok(found)
    }

    /// A date or a time in one number (DecodeNumberField).
    fn number_field(&mut self, text: &str, seen: u32) -> Decoded<u32> {
        if !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
            return Err(Fault::Unknown);
        }
        let (digits, is_fraction) = match text.find('.') {
            Some(at) => {
                // Versions differ in what may stand behind a second point.
                if text[at + 1..].contains('.') || at + 1 == text.len() {
                    return Err(Fault::Unknown);
                }
                self.has_fraction = fraction(&text[at..])?;
                (&text[..at], true)
            }
            None => (text, false),
        };
        let value = |text: &str| text.parse::<i64>().map_err(|_| Fault::Unknown);
        let length = digits.len();
        if !is_fraction && seen & mask::DATE != mask::DATE && length >= 6 {
            self.day = value(&digits[length - 2..])?;
            self.month = value(&digits[length - 4..length - 2])?;
            self.year = value(&digits[..length - 4])?;
            if length == 6 {
                self.two_digits = true;
            }
            return Ok(mask::DATE);
        }
        if seen & mask::TIME == 0 && (length == 6 || length == 4) {
            self.hour = value(&digits[..2])?;
            self.minute = value(&digits[2..4])?;
            self.second = if length == 6 { value(&digits[4..])? } else { 0 };
            return Ok(mask::TIME);
        }
        Err(Fault::Format)
    }

    /// `ValidateDate`
    fn validate(&mut self) -> Decoded {
        // Where PostgreSQL's calendar ends, each type has its own word to say.
        if self.year > 200_000 {
            return Err(Fault::Unknown);
        }
        if self.has(mask::YEAR) {
            if self.before_christ {
                if self.year <= 0 {
                    return Err(Fault::Range);
                }
                if self.year > 4000 {
                    return Err(Fault::Unknown);
                }
                self.year = -(self.year - 1);
            } else if self.two_digits {
                self.year += if self.year < 70 { 2000 } else { 1900 };
            } else if self.year <= 0 && !self.is_whole {
                return Err(Fault::Range);
            }
        }
        if self.has(mask::DAY_OF_YEAR) || self.is_whole {
            return Ok(());
        }
        if self.has(mask::MONTH) && !(1..=12).contains(&self.month)
            || self.has(mask::DAY) && !(1..=31).contains(&self.day)
            || self.has(mask::DATE) && self.day > days_of(self.month, self.year)
        {
            return Err(Fault::Range);
        }
        Ok(())
    }
}

/// Reads a text as a date, or as a time where `is_time`.
pub(super) fn read(text: &str, is_time: bool, major: u32) -> Decoded {
    let fields = fields(text)?;
    let mut first = Ok(());
    for order in [Order::MonthDay, Order::DayMonth, Order::Year] {
        let decoded = Decoder::new(order, is_time, major).decode(&fields);
        match decoded {
            Ok(()) => return Ok(()),
            Err(Fault::Unknown) => return Err(Fault::Unknown),
            Err(_) if order == Order::MonthDay => first = decoded,
            Err(_) => {}
        }
    }
    first
}
