//! Puts nginx's records of several lines together.
//!
//! A line break in a path or in a PHP message is a line break in the log, so one record may hold whole lines that look
//! like records of their own. nginx adds whom it served at the end of a record. So a line with that, which begins no
//! record itself, belongs to what is above it: as many lines as its request has breaks, and at least up to the next line
//! that begins a record. In this region no line stands for itself, though it may reach into the records before.

use rapsheet_parse::nginx_record::{self, End};
use rapsheet_parse::{Arena, Head, Line, Reading, Understood, parse_line};

use crate::settle::Item;

/// Makes one item of each record; its other lines are understood.
pub(crate) fn join<'a>(items: &mut [Item<'a>], arena: &'a Arena) {
    let mut end = items.len();
    while end > 0 {
        end -= 1;
        if let Some(how) = nginx_record::end_of(items[end].raw)
            && let Some(begin) = beginning(items, end, how)
            && begin < end
        {
            put_together(&mut items[begin..=end], arena);
            end = begin;
        }
    }
}

/// Finds the line that begins a record: the farthest of those that may, for a client writes the nearer ones.
fn beginning(items: &[Item<'_>], end: usize, how: End) -> Option<usize> {
    let farthest = match how {
        End::Whole(breaks) => end.saturating_sub(breaks),
        End::Cut => 0,
    };
    let (mut begin, mut bytes) = (None, 0);
    for index in (0..=end).rev() {
        if begin.is_some() && index < farthest {
            break;
        }
        let raw = items[index].raw;
        bytes += nginx_record::bytes_of(raw);
        if bytes > nginx_record::LONGEST {
            break;
        }
        if nginx_record::begins(raw) {
            begin = Some(index);
        }
    }
    begin
}

fn put_together<'a>(items: &mut [Item<'a>], arena: &'a Arena) {
    let raws: Vec<&str> = items.iter().map(|item| item.raw).collect();
    let whole: &'a str = arena.alloc_str(&raws.join("\n"));
    for (index, item) in items.iter_mut().enumerate() {
        if index == 0 {
            item.line = parse_line(whole, arena);
            item.raw = whole;
        } else {
            item.line = Line {
                head: Head::default(),
                reading: Reading::Understood(Understood::Filler),
                message: item.raw,
            };
        }
    }
}
