//! Text that repeats is kept once, and has a number.

use std::hash::BuildHasher;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray, StringBuilder, UInt32Array};
use hashbrown::{DefaultHashBuilder, HashTable};

/// The number of a text; 0 is none.
pub(crate) type TextId = u32;

/// How much of a name is kept. Attackers choose names, and ever new long ones must not fill the memory.
const LONGEST_NAME: usize = 512;

/// A set of texts, each with a number.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    bytes: String,
    /// Where each text ends; the first is that of number 1.
    ends: Vec<usize>,
    /// Each text's hash and number.
    table: HashTable<(u64, TextId)>,
    /// Seeded: attackers choose the texts.
    hasher: DefaultHashBuilder,
}

impl Texts {
    /// Returns the number of a text, which it gets if it has none.
    pub(crate) fn intern(&mut self, text: &str) -> TextId {
        let hash = self.hasher.hash_one(text);
        let (bytes, ends) = (&self.bytes, &self.ends);
        let known = self.table.find(hash, |(known, id)| {
            *known == hash && slice(bytes, ends, *id) == text
        });
        if let Some((_, id)) = known {
            return *id;
        }
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len());
        let id = TextId::try_from(self.ends.len()).unwrap_or(0);
        self.table
            .insert_unique(hash, (hash, id), |(hash, _)| *hash);
        id
    }

    /// Returns the number of a name that may be absent; a very long one is cut, and ends with `…`.
    pub(crate) fn intern_name(&mut self, name: Option<&str>) -> TextId {
        match name {
            None => 0,
            Some(name) if name.len() <= LONGEST_NAME => self.intern(name),
            Some(name) => {
                let start = &name[..name.floor_char_boundary(LONGEST_NAME)];
                self.intern(&format!("{start}…"))
            }
        }
    }

    /// How many texts there are.
    pub(crate) const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns the texts in the order of their numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        let mut from = 0;
        self.ends
            .iter()
            .map(move |end| &self.bytes[std::mem::replace(&mut from, *end)..*end])
    }

    /// Makes the array whose element N is text N; element 0 is null.
    pub(crate) fn to_array(&self) -> StringArray {
        let mut builder = StringBuilder::with_capacity(self.ends.len() + 1, self.bytes.len());
        builder.append_null();
        for id in 1..=self.ends.len() {
            builder.append_value(slice(
                &self.bytes,
                &self.ends,
                TextId::try_from(id).unwrap_or(0),
            ));
        }
        builder.finish()
    }

    /// How many bytes it holds.
    pub(crate) fn memory(&self) -> usize {
        self.bytes.len() + self.ends.len() * 16
    }
}

fn slice<'a>(bytes: &'a str, ends: &[usize], id: TextId) -> &'a str {
    let index = id as usize - 1;
    let from = if index == 0 { 0 } else { ends[index - 1] };
    &bytes[from..ends[index]]
}

/// Takes the elements of an array of texts.
pub(crate) fn take(texts: &StringArray, ids: impl Iterator<Item = TextId>) -> ArrayRef {
    let indices = UInt32Array::from_iter_values(ids);
    arrow::compute::take(texts, &indices, None)
        .unwrap_or_else(|_| Arc::new(StringArray::new_null(indices.len())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Array, AsArray};

    #[test]
    fn texts_keep_their_numbers() {
        let mut texts = Texts::default();
        assert_eq!(texts.intern("root"), 1);
        assert_eq!(texts.intern(""), 2);
        assert_eq!(texts.intern("root"), 1);
        assert_eq!(texts.intern_name(None), 0);
        let array = take(&texts.to_array(), [1, 0, 2].into_iter());
        let array = array.as_string::<i32>();
        assert_eq!(
            (array.value(0), array.is_null(1), array.value(2)),
            ("root", true, "")
        );
    }

    #[test]
    fn long_names_are_cut() {
        let mut texts = Texts::default();
        for name in [
            "x".repeat(512),
            "é".repeat(5000),
            "x".repeat(5000),
            "x".repeat(9000),
        ] {
            texts.intern_name(Some(&name));
        }
        let array = texts.to_array();
        let names: Vec<&str> = array.iter().flatten().collect();
        let (exact, cut) = ("x".repeat(512), "é".repeat(256));
        assert_eq!(
            names,
            [exact.clone(), format!("{cut}…"), format!("{exact}…")]
        );
    }
}
