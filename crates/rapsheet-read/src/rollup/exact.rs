//! Exact rows: logins and bans keep a row each, because their order matters.

use rapsheet_schema::{Action, Dataset};

use crate::intern::TextId;

/// A successful login.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExactLogin {
    pub(super) address: u32,
    pub(super) host: TextId,
    pub(super) user: TextId,
    pub(super) method: TextId,
    pub(super) key: TextId,
    pub(super) dataset: Dataset,
    pub(super) micros: Option<i64>,
    /// Its number among the logins that were read.
    pub(super) login: u32,
    /// Whether it is of the wanted time.
    pub(super) wanted: bool,
}

/// What fail2ban did about a ban.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExactBan {
    pub(super) address: u32,
    pub(super) host: TextId,
    pub(super) jail: TextId,
    pub(super) dataset: Dataset,
    pub(super) action: Action,
    pub(super) micros: Option<i64>,
    pub(super) bantime: Option<i64>,
    pub(super) bancount: Option<u32>,
}

/// Rows in blocks, so that growing copies nothing.
#[derive(Debug)]
pub(super) struct Rows<T> {
    pub(super) blocks: Vec<Vec<T>>,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { blocks: Vec::new() }
    }
}

/// Rows of one block.
const BLOCK_ROWS: usize = 8_192;

impl<T> Rows<T> {
    pub(super) fn push(&mut self, row: T) {
        match self.blocks.last_mut() {
            Some(last) if last.len() < BLOCK_ROWS => last.push(row),
            _ => {
                // The first block of a small log stays small.
                let room = if self.blocks.is_empty() {
                    16
                } else {
                    BLOCK_ROWS
                };
                let mut block = Vec::with_capacity(room);
                block.push(row);
                self.blocks.push(block);
            }
        }
    }
}
