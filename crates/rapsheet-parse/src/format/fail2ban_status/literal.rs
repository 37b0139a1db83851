//! Python's way to print a list of dicts of lists of strings, as `fail2ban-client banned` does.

use crate::line::Arena;

/// Calls `each` with jail and address for every ban of `[{'sshd': ['192.0.2.1']}, …]`; false where the text isn't
/// such a list to its end. What was read before a fault holds.
pub(super) fn each_ban<'a>(
    text: &'a str,
    arena: &'a Arena,
    each: &mut dyn FnMut(&'a str, &'a str),
) -> bool {
    let mut cursor = Cursor { text, arena };
    cursor.bans(each).is_some() && cursor.text.trim().is_empty()
}

/// What is left to read.
struct Cursor<'a> {
    text: &'a str,
    arena: &'a Arena,
}

impl<'a> Cursor<'a> {
    fn bans(&mut self, each: &mut dyn FnMut(&'a str, &'a str)) -> Option<()> {
        self.list('[', ']', &mut |cursor| {
            if cursor.peek() == Some('[') {
                // `banned ADDRESS` prints the jails of each: no addresses.
                cursor.strings(&mut |_| ())
            } else {
                cursor.jails(each)
            }
        })
    }

    fn jails(&mut self, each: &mut dyn FnMut(&'a str, &'a str)) -> Option<()> {
        self.list('{', '}', &mut |cursor| {
            let jail = cursor.string()?;
            cursor.take(':')?;
            cursor.strings(&mut |address| each(jail, address))
        })
    }

    fn strings(&mut self, each: &mut dyn FnMut(&'a str)) -> Option<()> {
        self.list('[', ']', &mut |cursor| {
            each(cursor.string()?);
            Some(())
        })
    }

    /// Reads what stands between two brackets, item by item; there may be none.
    fn list(
        &mut self,
        open: char,
        close: char,
        item: &mut dyn FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        self.take(open)?;
        if self.take(close).is_some() {
            return Some(());
        }
        loop {
            item(self)?;
            if self.take(',').is_none() {
                return self.take(close);
            }
        }
    }

    /// Reads a string in either quote; escapes are undone.
    fn string(&mut self) -> Option<&'a str> {
        let quote = self.peek().filter(|c| matches!(c, '\'' | '"'))?;
        self.take(quote)?;
        let mut escaped = false;
        let mut has_escape = false;
        for (at, c) in self.text.char_indices() {
            if escaped {
                escaped = false;
            } else if c == '\\' {
                (escaped, has_escape) = (true, true);
            } else if c == quote {
                let inner = &self.text[..at];
                self.text = &self.text[at + 1..];
                return Some(if has_escape {
                    self.unescape(inner)
                } else {
                    inner
                });
            }
        }
        None
    }

    /// Undoes `\'`, `\"` and `\\`; other escapes stay as they are.
    fn unescape(&self, text: &str) -> &'a str {
        let mut plain = String::with_capacity(text.len());
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match (c, chars.peek()) {
                ('\\', Some(&next @ ('\'' | '"' | '\\'))) => {
                    plain.push(next);
                    chars.next();
                }
                _ => plain.push(c),
            }
        }
        self.arena.alloc_str(&plain)
    }

    fn peek(&mut self) -> Option<char> {
        self.text = self.text.trim_start();
        self.text.chars().next()
    }

    fn take(&mut self, wanted: char) -> Option<()> {
        self.text = self.text.trim_start();
        self.text = self.text.strip_prefix(wanted)?;
        Some(())
    }
}
