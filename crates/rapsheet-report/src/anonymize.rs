//! Addresses reduced to their networks, for a report that leaves the house.
//!
//! Each address of a /24 or /48 keeps a number of its own, so that counts and stories stay true: `203.0.113.0/24 #2`. User
//! names are hashed earlier, while the logs are read, so that no statement holds one.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use arrow::array::{RecordBatch, StringArray};
use rapsheet_schema::network_of;

use crate::Error;
use crate::table::{replace, texts};

/// Bits that stay of an address.
const V4_PREFIX: u8 = 24;
const V6_PREFIX: u8 = 48;

/// Gives every address the name that a reader may see.
#[derive(Clone, Debug, Default)]
pub struct Anonymizer {
    names: HashMap<String, String>,
    of_network: HashMap<String, usize>,
}

impl Anonymizer {
    /// Returns the name of an address: its network and a number. What is no address stays out of sight.
    fn name(&mut self, address: &str) -> String {
        if let Some(name) = self.names.get(address) {
            return name.clone();
        }
        let network = network(address).unwrap_or_else(|| "(hidden)".to_owned());
        let number = self.of_network.entry(network.clone()).or_default();
        *number += 1;
        let name = format!("{network} #{number}");
        self.names.insert(address.to_owned(), name.clone());
        name
    }

    /// Replaces the column `source_ip`, and `source_network` where the table has it, also within `statement`.
    ///
    /// # Errors
    ///
    /// Fails where a column isn't text.
    pub fn hide(&mut self, table: &str, batch: &RecordBatch) -> Result<RecordBatch, Error> {
        let mut batch = batch.clone();
        if batch.column_by_name("source_network").is_some() {
            let networks = texts(table, &batch, "source_network")?;
            if batch.column_by_name("statement").is_some() {
                let statements = texts(table, &batch, "statement")?;
                let hidden: StringArray = statements
                    .iter()
                    .zip(&networks)
                    .map(|(statement, network_text)| {
                        Some(match network_text {
                            Some(text) => statement?.replace(text, &wider(text)),
                            None => statement?.to_owned(),
                        })
                    })
                    .collect();
                batch = replace(table, &batch, "statement", "statement", Arc::new(hidden))?;
            }
            let hidden: StringArray = networks.iter().map(|text| Some(wider(text?))).collect();
            batch = replace(
                table,
                &batch,
                "source_network",
                "source_network",
                Arc::new(hidden),
            )?;
        }
        if batch.column_by_name("source_ip").is_none() {
            return Ok(batch);
        }
        let hidden: StringArray = texts(table, &batch, "source_ip")?
            .iter()
            .map(|text| Some(self.name(text?)))
            .collect();
        replace(table, &batch, "source_ip", "source_ip", Arc::new(hidden))
    }
}

/// The /24 or /48 of an address.
fn network(address: &str) -> Option<String> {
    let ip: IpAddr = address.parse().ok()?;
    let (first, prefix) = network_of(ip, V4_PREFIX, V6_PREFIX);
    Some(format!("{first}/{prefix}"))
}

/// A network as wide as a reader may see it; what is no network (an AS) stays.
fn wider(text: &str) -> String {
    text.split_once('/')
        .and_then(|(address, _)| network(address))
        .unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, AsArray};

    #[test]
    fn no_address_is_left_and_each_stays_itself() {
        let column = |values: Vec<&str>| Arc::new(StringArray::from(values)) as ArrayRef;
        let batch = RecordBatch::try_from_iter([
            (
                "source_ip",
                column(vec![
                    "203.0.113.7",
                    "203.0.113.9",
                    "203.0.113.7",
                    "2001:db8:1:2::5",
                ]),
            ),
            (
                "source_network",
                column(vec![
                    "203.0.113.0/24",
                    "203.0.113.0/24",
                    "203.0.113.0/24",
                    "2001:db8:1:2::/64",
                ]),
            ),
            (
                "statement",
                column(vec![
                    "a",
                    "b",
                    "c",
                    "12 addresses of 2001:db8:1:2::/64 tried",
                ]),
            ),
        ])
        .unwrap();
        let hidden = Anonymizer::default().hide("findings", &batch).unwrap();
        let text = |name: &str, row: usize| {
            hidden
                .column_by_name(name)
                .unwrap()
                .as_string::<i32>()
                .value(row)
                .to_owned()
        };
        assert_eq!(text("source_ip", 0), "203.0.113.0/24 #1");
        assert_eq!(text("source_ip", 1), "203.0.113.0/24 #2");
        assert_eq!(text("source_ip", 2), "203.0.113.0/24 #1");
        assert_eq!(text("source_ip", 3), "2001:db8:1::/48 #1");
        assert_eq!(text("source_network", 3), "2001:db8:1::/48");
        assert_eq!(
            text("statement", 3),
            "12 addresses of 2001:db8:1::/48 tried"
        );
    }
}
