//! The fields of a date, a time or an interval as text (datetime.c: ParseDateTime), and what their words mean.

use super::constant::is_space;

/// Why a text is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Format,
    Range,
    Displacement,
    /// Whether it is one cannot be told without the server's settings, its version or its time zones.
    Unknown,
}

pub(super) type Decoded<T = ()> = Result<T, Fault>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Date,
    Time,
    Word,
    /// A sign with a word behind it.
    Special,
    /// A sign with digits behind it.
    Zone,
}

#[derive(Clone, Debug)]
pub(super) struct Field {
    pub kind: Kind,
    pub text: String,
}

/// More fields than that no date has.
pub(super) const FIELDS: usize = 25;

/// A text longer than that is nobody's date, and how long one may be is a version's matter.
const LENGTH: usize = 100;

const MONTHS: [&str; 24] = [
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

const WEEKDAYS: [&str; 18] = [
    "sun",
    "sunday",
    "mon",
    "monday",
    "tue",
    "tues",
    "tuesday",
    "wed",
    "weds",
    "wednesday",
    "thu",
    "thur",
    "thurs",
    "thursday",
    "fri",
    "friday",
    "sat",
    "saturday",
];

/// Words whose number follows them, as older versions read dates.
const LABELS: [&str; 11] = ["d", "dow", "doy", "h", "isodow", "isoyear", "j", "jd", "julian", "m", "y"];

/// The time zones in letters alone, and the abbreviations that PostgreSQL's files have, whichever the server reads.
const ZONES: &str = " acdt acsst acst act acwst adt aedt aesst aest aft akdt akst almst almt amst amt anast anat aqtst \
    aqtt arst art ast awsst awst azost azot azst azt bdst bdt bnt bort bot bra brst brt bst btt cadt cast cat cct cdt \
    cest cet cetdst chadt chast chost chot chst chut cit ckt clst clt cot cst cvt cwst cxt davt ddut easst east eat \
    ect edt eest eet eetdst egst egt eit est fet fjst fjt fkst fkt fnst fnt galt gamt gest get gft gilt gmt gst gyt \
    hadt hast hdt hkt hovst hovt hst ict idt iot irdt irkst irkt irst irt ist jayt jst kdt kgst kgt kost krast krat \
    kst lhdt lhst ligt lint lkt lmt magst magt mart mawt mdt mest mesz met metdst mez mht mist mmt mpt msd msk mst \
    must mut mvt myt nct ndt nft novst novt npt nrt nst nut nzdt nzst nzt omsst omst orat pdt pet petst pett pgt phot \
    pht pkst pkt pmdt pmst pont pst pwt pyst pyt qyzt ret rott sadt sakst sakt samst samt sast sat sbt sct sgt sret \
    srt sst syot taht tft tjt tkt tlt tmt tot trut tvt uct ulast ulat ut utc uyst uyt uzst uzt vet vlast vlat volt \
    vost vut wadt wakt wast wat wdt west wet wetdst wft wgst wgt wib wit wita wsdt wsst wst xjt yakst yakt yapt yekst \
    yekt z zulu cuba egypt eire factory gb greenwich hongkong iceland iran israel jamaica japan kwajalein libya \
    localtime navajo nz poland portugal posixrules prc roc rok singapore turkey universal ";

/// What a word means.
pub(super) enum Word {
    Ignored,
    Month(i64),
    Weekday,
    /// AM is not after noon.
    Meridian(bool),
    /// BC is before Christ.
    Era(bool),
    IsoTime,
    Now,
    Day,
    AllBalls,
    /// `infinity`, `epoch`
    Whole,
    Zone,
    /// A label, or a modifier of a zone.
    Other,
    Nothing,
}

pub(super) fn word(text: &str, major: u32) -> Word {
    match text {
        "at" | "on" => return Word::Ignored,
        "am" | "pm" => return Word::Meridian(text == "pm"),
        "ad" | "bc" => return Word::Era(text == "bc"),
        "t" => return Word::IsoTime,
        "now" => return Word::Now,
        "today" | "tomorrow" | "yesterday" => return Word::Day,
        "allballs" => return Word::AllBalls,
        "infinity" | "-infinity" | "epoch" => return Word::Whole,
        "+infinity" | "dst" => return Word::Other,
        "sept" => return Word::Month(9),
        // These were labels, too, before PostgreSQL 16.
        "mm" | "s" | "m" | "d" | "h" | "y" if major >= 16 => return Word::Nothing,
        "mm" | "s" => return Word::Other,
        _ => {}
    }
    if let Some(at) = MONTHS.iter().position(|month| *month == text) {
        return Word::Month((at % 12) as i64 + 1);
    }
    if WEEKDAYS.contains(&text) {
        return Word::Weekday;
    }
    if ZONES.contains(&format!(" {text} ")) {
        return Word::Zone;
    }
    if LABELS.contains(&text) { Word::Other } else { Word::Nothing }
}

/// Cuts a text into fields (ParseDateTime).
pub(super) fn fields(text: &str) -> Decoded<Vec<Field>> {
    if !text.is_ascii() || text.len() > LENGTH {
        return Err(Fault::Unknown);
    }
    let bytes = text.as_bytes();
    let at = |n: usize| bytes.get(n).copied().unwrap_or(0);
    let mut fields: Vec<Field> = Vec::new();
    let mut n = 0;
    while n < bytes.len() {
        let first = at(n);
        if is_space(first.into()) {
            n += 1;
            continue;
        }
        if fields.len() >= FIELDS {
            return Err(Fault::Format);
        }
        let start = n;
        let kind;
        let mut own = None;
        let while_is = |n: &mut usize, is: &dyn Fn(u8) -> bool| {
            while *n < bytes.len() && is(bytes[*n]) {
                *n += 1;
            }
        };
        let is_digit = |byte: u8| byte.is_ascii_digit();
        if first.is_ascii_digit() {
            while_is(&mut n, &is_digit);
            match at(n) {
                b':' => {
                    kind = Kind::Time;
                    while_is(&mut n, &|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'));
                }
                delimiter @ (b'-' | b'/' | b'.') => {
                    n += 1;
                    if at(n).is_ascii_digit() {
                        while_is(&mut n, &is_digit);
                        if at(n) == delimiter {
                            kind = Kind::Date;
                            while_is(&mut n, &|byte| byte.is_ascii_digit() || byte == delimiter);
                        } else {
                            kind = if delimiter == b'.' { Kind::Number } else { Kind::Date };
                        }
                    } else {
                        kind = Kind::Date;
                        while_is(&mut n, &|byte| byte.is_ascii_alphanumeric() || byte == delimiter);
                    }
                }
                _ => kind = Kind::Number,
            }
        } else if first == b'.' {
            n += 1;
            while_is(&mut n, &is_digit);
            kind = Kind::Number;
        } else if first.is_ascii_alphabetic() {
            while_is(&mut n, &|byte| byte.is_ascii_alphabetic());
            let so_far = text[start..n].to_ascii_lowercase();
            let is_date = match at(n) {
                b'-' | b'/' | b'.' => true,
                byte if byte == b'+' || byte.is_ascii_digit() => {
                    // What is no word of its own may be a zone's name.
                    matches!(word(&so_far, 0), Word::Nothing | Word::Zone)
                }
                _ => false,
            };
            kind = if is_date { Kind::Date } else { Kind::Word };
            if is_date {
                while_is(&mut n, &|byte| {
                    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'/' | b'_' | b'.' | b':')
                });
            }
        } else if matches!(first, b'+' | b'-') {
            n += 1;
            while_is(&mut n, &|byte| is_space(byte.into()));
            let behind = n;
            if at(n).is_ascii_digit() {
                kind = Kind::Zone;
                while_is(&mut n, &|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b'-'));
            } else if at(n).is_ascii_alphabetic() {
                kind = Kind::Special;
                while_is(&mut n, &|byte| byte.is_ascii_alphabetic());
            } else {
                return Err(Fault::Format);
            }
            own = Some(format!("{}{}", first as char, &text[behind..n]));
        } else if first.is_ascii_punctuation() {
            n += 1;
            continue;
        } else {
            return Err(Fault::Format);
        }
        let text = own.unwrap_or_else(|| text[start..n].to_owned());
        fields.push(Field { kind, text: text.to_ascii_lowercase() });
    }
    Ok(fields)
}

/// The number at the beginning of a text and what follows; none is zero. Many digits are out of any range.
pub(super) fn number(text: &str) -> Decoded<(i64, &str)> {
    let sign = usize::from(text.starts_with(['-', '+']));
    let digits = text[sign..].bytes().take_while(u8::is_ascii_digit).count();
    let (own, rest) = text.split_at(sign + digits);
    if digits == 0 {
        return Ok((0, text));
    }
    match own.parse::<i64>() {
        Ok(value) if i32::try_from(value).is_ok() => Ok((value, rest)),
        _ => Err(Fault::Range),
    }
}

/// A fraction with its point: whether it is more than nothing.
pub(super) fn fraction(text: &str) -> Decoded<bool> {
    let digits = &text[1..];
    match digits {
        // A point alone is nothing in some versions.
        "" => Err(Fault::Unknown),
        _ if digits.bytes().all(|byte| byte.is_ascii_digit()) => Ok(digits.bytes().any(|byte| byte != b'0')),
        _ => Err(Fault::Format),
    }
}

/// The parts of a time (DecodeTimeCommon).
pub(super) fn clock(text: &str) -> Decoded<(i64, i64, i64, bool)> {
    let (mut hour, rest) = number(text)?;
    let rest = rest.strip_prefix(':').ok_or(Fault::Format)?;
    let (mut minute, rest) = number(rest)?;
    let (mut second, mut has_fraction) = (0, false);
    match rest.as_bytes().first() {
        None => {}
        Some(b'.') => {
            has_fraction = fraction(rest)?;
            (hour, minute, second) = (0, hour, minute);
        }
        Some(b':') => {
            let (own, rest) = number(&rest[1..])?;
            second = own;
            match rest.as_bytes().first() {
                None => {}
                Some(b'.') => has_fraction = fraction(rest)?,
                _ => return Err(Fault::Format),
            }
        }
        _ => return Err(Fault::Format),
    }
    match hour < 0 || !(0..60).contains(&minute) || !(0..=60).contains(&second) {
        true => Err(Fault::Range),
        false => Ok((hour, minute, second, has_fraction)),
    }
}
