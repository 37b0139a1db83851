//! The report: one HTML file that answers questions, without a server and without a network.
//!
//! The page is written in TypeScript in `web/` and embedded here as one file. [`Report`] hands it columns: each table is an
//! Arrow stream, packed with gzip and written as base64 into a block that no browser runs. The page says by its
//! Content-Security-Policy that nothing may be fetched.
//!
//! `panels.json` declares the page's panels; a panel whose query is new is a file in `queries/report/` and a line there.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod activity;
mod anonymize;
mod error;
mod facets;
mod page;
mod panels;
mod table;

pub use activity::{Activity, ActivitySources, PackedActivity};
pub use anonymize::Anonymizer;
pub use error::Error;
pub use page::{Assumed, Cut, GeoSource, Lines, Meta, Report, Verdict};
pub use panels::{Panel, panels};
pub use table::{AddressNumbers, Bucket, Packed, only_counted, pack, with_present};
