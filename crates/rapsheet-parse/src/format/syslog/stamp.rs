//! The times of syslog heads.

use rapsheet_schema::{MICROS_PER_SECOND, Stamp, civil_micros};

use crate::text::{clock, digits, fraction_micros, month_of, two_digits};

/// Reads the time at the start of a line: the stamp, and how many bytes it takes up (without the blank behind it).
pub(super) fn read(text: &[u8]) -> Option<(Stamp, usize)> {
    match text.first()? {
        b'[' => read_monotonic(text),
        b'0'..=b'9' if has_month_number(text) => read_month_first(text, None),
        b'0'..=b'9' => read_numeric(text),
        byte if byte.is_ascii_alphabetic() || *byte >= 0x80 => read_named(text),
        _ => None,
    }
}

/// `3月 02 10:53:25`, `12월 …`: a number and a sign of three bytes.
fn has_month_number(text: &[u8]) -> bool {
    let sign = 1 + usize::from(text.get(1).is_some_and(u8::is_ascii_digit));
    matches!(text.get(sign), Some(0xe6 | 0xec))
}

fn read_numeric(text: &[u8]) -> Option<(Stamp, usize)> {
    match text.get(4)? {
        b'-' | b'/' => {
            let (stamp, length) = read_iso(text)?;
            Some(with_zone_word(text, stamp, length, false))
        }
        b' ' => {
            // `2014 Oct 12 12:36:01`
            let year = digits(&text[..4])?;
            let (stamp, length) = read_month_first(text.get(5..)?, Some(year))?;
            Some((stamp, length + 5))
        }
        _ => read_unix(text),
    }
}

/// `1413117361.000137`
fn read_unix(text: &[u8]) -> Option<(Stamp, usize)> {
    let whole = digit_run(text, 0);
    if !(9..=11).contains(&whole) || text.get(whole) != Some(&b'.') {
        return None;
    }
    let end = whole + 1 + digit_run(text, whole + 1);
    let seconds: i64 = digits(&text[..whole])?;
    let micros = fraction_micros(&text[whole + 1..end])?;
    Some((
        Stamp::Utc(seconds * MICROS_PER_SECOND + i64::from(micros)),
        end,
    ))
}

/// `[    5.000137]` and `[    5.000137 <    0.000137 >]`: seconds since the machine started, which say nothing of
/// the time of day.
fn read_monotonic(text: &[u8]) -> Option<(Stamp, usize)> {
    let end = memchr::memchr(b']', text.get(..48.min(text.len()))?)?;
    let inside = &text[1..end];
    let known = inside
        .iter()
        .all(|byte| byte.is_ascii_digit() || b" .<>".contains(byte));
    (known && inside.contains(&b'.')).then_some((Stamp::Absent, end + 1))
}

/// `2014-10-12T12:36:01.000137+00:00`, with `T` or a blank, `.` or `,`, any zone or none.
pub(super) fn read_iso(text: &[u8]) -> Option<(Stamp, usize)> {
    let date = text.get(..11)?;
    let separator = date[4];
    if !matches!(separator, b'-' | b'/') || date[7] != separator || !b"Tt ".contains(&date[10]) {
        return None;
    }
    let (year, month, day) = (
        digits(&date[..4])?,
        digits(&date[5..7])?,
        digits(&date[8..10])?,
    );
    let midnight = civil_micros(year, month, day, 0, 0, 0, 0)?;
    let (time, used) = time_of_day(&text[11..])?;
    let local = midnight + time;
    let mut end = 11 + used;
    if let Some((offset, length)) = offset_micros(&text[end..]) {
        return Some((Stamp::Utc(local - offset), end + length));
    }
    // `2014-10-12 12:36:01 +0000`
    if text.get(end) == Some(&b' ')
        && matches!(text.get(end + 1), Some(b'+' | b'-'))
        && let Some((offset, length)) = offset_micros(&text[end + 1..])
        && matches!(text.get(end + 1 + length), Some(b' '))
    {
        end += 1 + length;
        return Some((Stamp::Utc(local - offset), end));
    }
    Some((Stamp::Local(local), end))
}

/// Reads the whole of a switch's time, `2026 Feb  6 09:35:02.059 CET:`; the zone may be missing.
pub(super) fn read_switch(text: &[u8]) -> Option<Stamp> {
    let text = text.strip_suffix(b":").unwrap_or(text);
    let (stamp, length) = read(text)?;
    let zone = text.get(length..)?;
    let Some(zone) = zone.strip_prefix(b" ") else {
        return zone.is_empty().then_some(stamp);
    };
    match (stamp, zone_minutes(zone)) {
        (Stamp::Local(local), Some(minutes)) => {
            Some(Stamp::Utc(local - minutes * 60 * MICROS_PER_SECOND))
        }
        _ if zone.len() <= 5 && zone.iter().all(u8::is_ascii_uppercase) => Some(stamp),
        _ => None,
    }
}

/// `Oct 12 12:36:01 ` and `Oct  2 12:36:01 `: sixteen bytes, the blank behind them too.
pub(super) fn read_plain(text: &[u8]) -> Option<Stamp> {
    let text: &[u8; 16] = text.first_chunk()?;
    if text[3] != b' ' || text[6] != b' ' || text[15] != b' ' {
        return None;
    }
    let month = month_of(&text[..3])?;
    let tens = if text[4] == b' ' { b'0' } else { text[4] };
    let day = two_digits(tens, text[5])?;
    let longest = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if day == 0 || day > longest {
        return None;
    }
    let time_micros = clock(&text[7..])?;
    Some(Stamp::Yearless {
        month,
        day,
        time_micros,
    })
}

/// Words first: a month (`Oct 12 12:36:01`) or a day of the week (`Sun 2014-10-12 12:36:01 UTC`, `Sun Oct 12 …`).
fn read_named(text: &[u8]) -> Option<(Stamp, usize)> {
    const DAYS: [&[u8; 3]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
    let is_day = |name: &[u8]| DAYS.iter().any(|day| name == *day);
    if text.get(3) == Some(&b' ') && is_day(&text[..3]) {
        let rest = &text[4..];
        let (stamp, length) = if rest.first()?.is_ascii_digit() {
            let (stamp, length) = read_iso(rest)?;
            with_zone_word(rest, stamp, length, true)
        } else {
            read_month_first(rest, None)?
        };
        return Some((stamp, length + 4));
    }
    read_month_first(text, None)
}

/// `Oct 12 12:36:01`, `Oct 12 2014 12:36:01`, `Oct 12 12:36:01.000137`, `Oct 12 12:36:01 2014`.
fn read_month_first(text: &[u8], year: Option<i64>) -> Option<(Stamp, usize)> {
    let name_end = memchr::memchr(b' ', text.get(..text.len().min(12))?)?;
    let name = &text[..name_end];
    let month = month_of(name).or_else(|| other_month_of(name))?;
    let day_start = skip_blanks(text, name_end);
    let day_end = day_start + digit_run(text, day_start);
    if !(1..=2).contains(&(day_end - day_start)) {
        return None;
    }
    let day = digits(&text[day_start..day_end])?;
    let mut at = day_end + usize::from(text.get(day_end) == Some(&b','));
    if text.get(at) != Some(&b' ') {
        return None;
    }
    at = skip_blanks(text, at);
    let mut year = year;
    if digit_run(text, at) == 4 && text.get(at + 4) == Some(&b' ') {
        year = Some(digits(&text[at..at + 4])?);
        at = skip_blanks(text, at + 4);
    }
    let (time_micros, used) = time_of_day(text.get(at..)?)?;
    let mut end = at + used;
    // Nobody calls a host 2014, but OpenWrt and Cisco write the year there.
    if year.is_none()
        && text.get(end) == Some(&b' ')
        && digit_run(text, end + 1) == 4
        && matches!(text.get(end + 5), Some(b' ' | b':'))
        && let Some(late @ 1990..=2099) = digits::<i64>(&text[end + 1..end + 5])
    {
        year = Some(late);
        end += 5;
    }
    let Some(year) = year else {
        // The leap year 2000 has every day that a year can have.
        civil_micros(2000, month, day, 0, 0, 0, 0)?;
        return Some((
            Stamp::Yearless {
                month,
                day,
                time_micros,
            },
            end,
        ));
    };
    let local = civil_micros(year, month, day, 0, 0, 0, 0)? + time_micros;
    Some((Stamp::Local(local), end))
}

/// `12:36:01` with or without a fraction.
fn time_of_day(text: &[u8]) -> Option<(i64, usize)> {
    let whole = clock(text)?;
    if matches!(text.get(8), Some(b'.' | b',')) {
        let length = digit_run(text, 9);
        if length > 0 {
            let micros = fraction_micros(&text[9..9 + length])?;
            return Some((whole + i64::from(micros), 9 + length));
        }
    }
    Some((whole, 8))
}

/// `Z`, `+00:00`, `+0000`, `-03`: the offset in microseconds and its length.
fn offset_micros(text: &[u8]) -> Option<(i64, usize)> {
    let sign = match text.first()? {
        b'Z' | b'z' => return Some((0, 1)),
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours: i64 = digits(text.get(1..3)?)?;
    let (minutes, length) = match text.get(3) {
        Some(b':') => (digits::<i64>(text.get(4..6)?)?, 6),
        Some(b'0'..=b'9') => (digits::<i64>(text.get(3..5)?)?, 5),
        _ => (0, 3),
    };
    if hours > 18 || minutes > 59 {
        return None;
    }
    Some((
        sign * (hours * 3_600 + minutes * 60) * MICROS_PER_SECOND,
        length,
    ))
}

/// Reads the zone's name that `short-full` prints. Elsewhere only `UTC` and `GMT` are taken for a zone, because a host
/// name stands in that place.
fn with_zone_word(text: &[u8], stamp: Stamp, end: usize, always: bool) -> (Stamp, usize) {
    let Stamp::Local(local) = stamp else {
        return (stamp, end);
    };
    if text.get(end) != Some(&b' ') {
        return (stamp, end);
    }
    let start = end + 1;
    let length = text[start..]
        .iter()
        .take(8)
        .take_while(|byte| byte.is_ascii_alphabetic())
        .count();
    let name = &text[start..start + length];
    if text.get(start + length) != Some(&b' ') {
        return (stamp, end);
    }
    match zone_minutes(name) {
        Some(minutes) if always || name == b"UTC" || name == b"GMT" => {
            let offset = minutes * 60 * MICROS_PER_SECOND;
            (Stamp::Utc(local - offset), start + length)
        }
        None if always && length >= 2 && name.iter().all(u8::is_ascii_uppercase) => {
            (stamp, start + length)
        }
        _ => (stamp, end),
    }
}

/// The minutes east of UTC of the abbreviations that have meant one thing only. `CST`, `IST`, `BST`, `EST`, `PST`,
/// `MST` and `MSK` have meant several.
fn zone_minutes(name: &[u8]) -> Option<i64> {
    Some(match name {
        b"UTC" | b"GMT" | b"WET" => 0,
        b"CET" | b"WEST" => 60,
        b"CEST" | b"EET" | b"SAST" => 120,
        b"EEST" => 180,
        b"PKT" => 300,
        b"WIB" => 420,
        b"HKT" | b"AWST" => 480,
        b"JST" | b"KST" => 540,
        b"ACST" => 570,
        b"AEST" => 600,
        b"ACDT" => 630,
        b"AEDT" => 660,
        b"NZST" => 720,
        b"NZDT" => 780,
        b"EDT" => -240,
        b"MDT" => -360,
        b"PDT" => -420,
        b"AKDT" => -480,
        b"AKST" => -540,
        b"HST" => -600,
        _ => return None,
    })
}

/// Months as the C library abbreviates them in other languages, where that isn't English: French, German, Spanish, Italian,
/// Portuguese, Dutch, the Scandinavian ones, Russian, Ukrainian, Polish, Czech, Turkish, Hungarian, Finnish, and the numbers of
/// Chinese, Japanese and Korean. Words that mean different months in two languages (Croatian's) are none.
fn other_month_of(name: &[u8]) -> Option<u8> {
    let name = name.strip_suffix(b".").unwrap_or(name);
    let name = std::str::from_utf8(name).ok()?;
    Some(match name {
        "janv" | "Jän" | "ene" | "gen" | "янв" | "січ" | "sty" | "led" | "Oca" | "tammi"
        | "1月" | "1월" => 1,
        "févr" | "fév" | "fev" | "фев" | "лют" | "lut" | "úno" | "Şub" | "febr" | "helmi"
        | "2月" | "2월" => 2,
        "mars" | "Mär" | "März" | "mrt" | "мар" | "бер" | "bře" | "márc" | "maalis" | "3月"
        | "3월" => 3,
        "avril" | "avr" | "abr" | "апр" | "кві" | "kwi" | "dub" | "Nis" | "ápr" | "huhti"
        | "4月" | "4월" => 4,
        "mai" | "Mai" | "may" | "mag" | "mei" | "maj" | "мая" | "май" | "тра" | "kvě" | "máj"
        | "touko" | "5月" | "5월" => 5,
        "juin" | "Juni" | "juni" | "giu" | "июн" | "июня" | "чер" | "cze" | "čen" | "čer"
        | "Haz" | "jún" | "kesä" | "6月" | "6월" => 6,
        "juil" | "Juli" | "juli" | "lug" | "июл" | "июля" | "лип" | "čec" | "Tem" | "júl"
        | "heinä" | "7月" | "7월" => 7,
        "août" | "ago" | "авг" | "сер" | "sie" | "Ağu" | "elo" | "8月" | "8월" => 8,
        "sept" | "Sept" | "set" | "сен" | "сент" | "вер" | "wrz" | "zář" | "Eyl" | "szept"
        | "syys" | "9月" | "9월" => 9,
        "Okt" | "okt" | "ott" | "out" | "окт" | "жов" | "paź" | "říj" | "Eki" | "loka" | "10月"
        | "10월" => 10,
        "ноя" | "нояб" | "лис" | "Kas" | "marras" | "11月" | "11월" => 11,
        "déc" | "Dez" | "dic" | "dez" | "des" | "дек" | "гру" | "gru" | "pro" | "Ara" | "joulu"
        | "12月" | "12월" => 12,
        _ => return None,
    })
}

fn digit_run(text: &[u8], start: usize) -> usize {
    text.get(start..).map_or(0, |rest| {
        rest.iter().take_while(|b| b.is_ascii_digit()).count()
    })
}

fn skip_blanks(text: &[u8], start: usize) -> usize {
    start
        + text.get(start..).map_or(0, |rest| {
            rest.iter().take_while(|byte| **byte == b' ').count()
        })
}
