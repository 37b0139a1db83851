//! The journal's records as JSON, one object a line: `journalctl -o json`.
//!
//! <https://systemd.io/JOURNAL_EXPORT_FORMATS/#journal-json-format>. A field is a string, an array of bytes where the
//! value isn't printable UTF-8, an array of values where the record has the field several times, or `null` where it is
//! too long to be printed. The two relatives that keep an object on its line are read too: `json-sse` (`data: {…}`)
//! and `json-seq` (an RS byte first).
//!
//! ```text
//! {"__REALTIME_TIMESTAMP":"1413117361000137","_HOSTNAME":"leaf","SYSLOG_IDENTIFIER":"sshd","_PID":"15919","MESSAGE":"…"}
//! ```
//!
//! # Not supported
//!
//! `json-pretty`, which spreads an object over lines.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::syslog;
use crate::line::{Arena, Head};
use crate::text::{digits, escaped};
use rapsheet_schema::Stamp;

/// Takes a journal record apart: what a syslog head would say, and the message, which is `None` where journalctl left it out.
pub(crate) fn open<'a>(line: &'a str, arena: &'a Arena) -> Option<(Head<'a>, Option<&'a str>)> {
    let line = line.trim_start_matches(['\u{1e}', ' ']);
    let line = line.strip_prefix("data: ").unwrap_or(line);
    if !line.starts_with('{') || memchr::memmem::find(line.as_bytes(), b"\"__").is_none() {
        return None;
    }
    let fields: JsonFields<'a> = serde_json::from_str(line).ok()?;
    let mut record = Record::default();
    for (field, value) in Field::ALL.into_iter().zip(fields.values) {
        record.set(field, value.map(|value| in_arena(value, arena)));
    }
    let (head, message) = record.finish()?;
    Some((head, (!fields.has_no_message).then_some(message)))
}

fn in_arena<'a>(value: Cow<'a, str>, arena: &'a Arena) -> &'a str {
    match value {
        Cow::Borrowed(text) => text,
        Cow::Owned(text) => arena.alloc_str(&text),
    }
}

/// The accounts of people begin here, and those of directories (SSSD, Active Directory) have no end; daemons that pass on
/// what others logged have lower numbers.
const FIRST_ORDINARY_USER: u32 = 1_000;
/// Users that systemd makes up for a daemon while it runs: <https://systemd.io/UIDS-GIDS/>.
const DYNAMIC_USERS: std::ops::RangeInclusive<u32> = 61_184..=65_519;
const NOBODY: u32 = 65_534;

/// The fields that matter.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Message,
    /// When journald received the record. `_SOURCE_REALTIME_TIMESTAMP`, which some records have besides, isn't what
    /// journalctl's other forms print.
    Realtime,
    Hostname,
    Identifier,
    Command,
    Unit,
    SyslogPid,
    Pid,
    Uid,
}

impl Field {
    const COUNT: usize = 9;
    const ALL: [Self; Self::COUNT] = [
        Self::Message,
        Self::Realtime,
        Self::Hostname,
        Self::Identifier,
        Self::Command,
        Self::Unit,
        Self::SyslogPid,
        Self::Pid,
        Self::Uid,
    ];

    /// Finds the field of a name.
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"MESSAGE" => Self::Message,
            b"__REALTIME_TIMESTAMP" => Self::Realtime,
            b"_HOSTNAME" => Self::Hostname,
            b"SYSLOG_IDENTIFIER" => Self::Identifier,
            b"_COMM" => Self::Command,
            b"_SYSTEMD_UNIT" => Self::Unit,
            b"SYSLOG_PID" => Self::SyslogPid,
            b"_PID" => Self::Pid,
            b"_UID" => Self::Uid,
            _ => return None,
        })
    }
}

/// One record of the journal, whichever form it came in.
#[derive(Default)]
pub(super) struct Record<'a> {
    values: [Option<&'a str>; Field::COUNT],
}

impl<'a> Record<'a> {
    /// Keeps a value; of a field that comes several times the first one counts.
    pub(super) fn set(&mut self, field: Field, value: Option<&'a str>) {
        let place = &mut self.values[field as usize];
        *place = place.or(value);
    }

    /// Makes the head and the message; `None` where this isn't a record of the journal.
    pub(super) fn finish(self) -> Option<(Head<'a>, &'a str)> {
        let get = |field: Field| self.values[field as usize].filter(|value| !value.is_empty());
        let realtime = get(Field::Realtime).and_then(|text| digits::<i64>(text.as_bytes()));
        let number = |field: Field| get(field).and_then(|text| digits(text.trim().as_bytes()));
        let command = get(Field::Command);
        let identifier =
            get(Field::Identifier).filter(|name| !is_borrowed(name, command, number(Field::Uid)));
        let program = identifier
            .or(command)
            .or_else(|| get(Field::Unit))
            .map(syslog::program);
        if realtime.is_none() && program.is_none() {
            return None;
        }
        let head = Head {
            stamp: realtime.map_or(Stamp::Absent, Stamp::Utc),
            host_name: get(Field::Hostname),
            program,
            process_pid: number(Field::SyslogPid).or_else(|| number(Field::Pid)),
            piece: None,
        };
        let message = get(Field::Message).unwrap_or("");
        Some((head, message.trim_start_matches(' ')))
    }
}

/// Whether an ordinary user's program sent the record under a daemon's name, as `logger -t sshd` does: fields that begin with `_`
/// are journald's own, the others the sender's.
fn is_borrowed(identifier: &str, command: Option<&str>, uid: Option<u32>) -> bool {
    let Some(command) = command else {
        return false;
    };
    uid.is_some_and(is_ordinary_user)
        && syslog::trusted(syslog::program(identifier)).is_some_and(|dataset| {
            // `postfix/submission/smtpd` is the command `smtpd`.
            let mut own = dataset
                .descriptor()
                .identifiers
                .iter()
                .map(|name| name.rsplit('/').next().unwrap_or(name));
            !own.any(|name| command.starts_with(name))
        })
}

fn is_ordinary_user(uid: u32) -> bool {
    uid >= FIRST_ORDINARY_USER && !DYNAMIC_USERS.contains(&uid) && uid != NOBODY
}

/// The fields of one JSON object, in the order of [`Field::ALL`].
struct JsonFields<'a> {
    values: [Option<Cow<'a, str>>; Field::COUNT],
    /// Whether the message is `null`, or of a kind that no message has.
    has_no_message: bool,
}

impl<'de> Deserialize<'de> for JsonFields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = JsonFields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a journal record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = JsonFields {
            values: [const { None }; Field::COUNT],
            has_no_message: false,
        };
        while let Some(Name(field)) = map.next_key()? {
            let Some(field) = field else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let Value(value) = map.next_value()?;
            let place = &mut fields.values[field as usize];
            if place.is_none() {
                fields.has_no_message |= field == Field::Message && value.is_none();
                *place = value;
            }
        }
        Ok(fields)
    }
}

/// A field's name, if it matters; not copied.
struct Name(Option<Field>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl Visitor<'_> for NameVisitor {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a field name")
            }

            fn visit_str<E>(self, name: &str) -> Result<Name, E> {
                Ok(Name(Field::named(name.as_bytes())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

/// A field's value as text; whatever isn't text, bytes or a whole number is nothing.
struct Value<'a>(Option<Cow<'a, str>>);

impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Value(Some(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Value(Some(Cow::Owned(text.to_owned()))))
    }

    fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
        Ok(Value(Some(Cow::Owned(text))))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Value(Some(Cow::Owned(number.to_string()))))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Value(None))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Value(None))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Value(None))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Value(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut bytes: Vec<u8> = Vec::new();
        let mut first: Option<Cow<'de, str>> = None;
        while let Some(Element(element)) = seq.next_element()? {
            match element {
                Part::Byte(byte) => bytes.push(byte),
                Part::Text(Value(text)) => first = first.or(text),
            }
        }
        let text = first.or_else(|| {
            // An empty array is an empty message.
            Some(Cow::Owned(escaped(bytes)))
        });
        Ok(Value(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value(None))
    }
}

/// An element of an array: a byte of one value, or one of several values.
struct Element<'a>(Part<'a>);

enum Part<'a> {
    Byte(u8),
    Text(Value<'a>),
}

impl<'de> Deserialize<'de> for Element<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ElementVisitor;
        impl<'de> Visitor<'de> for ElementVisitor {
            type Value = Element<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a byte or a text")
            }

            fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Element(match u8::try_from(number) {
                    Ok(byte) => Part::Byte(byte),
                    Err(_) => Part::Text(Value(Some(Cow::Owned(number.to_string())))),
                }))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
                Ok(Element(Part::Text(Value(None))))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
                Ok(Element(Part::Text(Value(None))))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(Element(Part::Text(Value(None))))
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Element(Part::Text(Value(None))))
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Element(Part::Text(Value(Some(Cow::Borrowed(text))))))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Element(Part::Text(Value(Some(Cow::Owned(
                    text.to_owned(),
                ))))))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                ValueVisitor
                    .visit_seq(seq)
                    .map(|value| Element(Part::Text(value)))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                ValueVisitor
                    .visit_map(map)
                    .map(|value| Element(Part::Text(value)))
            }
        }
        deserializer.deserialize_any(ElementVisitor)
    }
}
