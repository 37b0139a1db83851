//! Addresses to details: which country, city, network and organisation stand behind an address.
//!
//! Sources are MaxMind DB files (MaxMind's own, DB-IP's, IPinfo's, ip-location-db's) and a small database in the binary. They fill
//! the row of an address together, in a fixed order; see [`Geo`]. [`ask`] and [`UpdatePlan`] are all that uses the network.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod batch;
mod built_in;
mod cache;
mod contents;
mod country;
mod credentials;
mod database;
mod database_kind;
mod decode;
mod details_row;
mod discovery;
mod field;
mod flatten;
mod geo;
mod http;
mod licence;
mod mmdb_writer;
mod normalise;
mod notice;
mod proxy;
mod service;
mod tls;
mod unmapped;
mod update;
mod web_answers;

pub use batch::details_schema;
pub use cache::forget::{ForgetWhich, Forgotten};
pub use cache::known::{Covered, Known};
pub use cache::spending::{KeptAnswers, RunSpending, Uncounted};
pub use cache::unanswered::Unanswered;
pub use cache::{Cache, CacheError};
pub use credentials::{CredentialError, CredentialSources, Credentials, Secret, geoip_conf_value};
pub use database::DatabaseInfo;
pub use database_kind::DatabaseKind;
pub use discovery::{holds_databases, usual_folders};
pub use flatten::{FlattenError, dotted_answers, flatten};
pub use geo::{Detail, DetailValue, Details, Geo, GeoOptions};
pub use http::{HttpError, HttpOptions, authorize, base_url, client, is_loopback, said};
pub use mmdb_writer::{MmdbHead, MmdbWriteError, write_mmdb};
pub use notice::GeoNotice;
pub use proxy::{ProxyError, ProxySetting};
/// A base URL.
pub use reqwest::Url as HttpUrl;
pub use service::ask::{AskError, AskOptions, Interrupt, Tally, Watch, ask};
pub use service::endpoint::{AnswerHost, Endpoint, host_name};
pub use service::plan::{AskPlan, PlanOptions, plan};
pub use service::{Amount, Service, is_reserved, prices_as_of};
pub use update::{
    DB_IP_ATTRIBUTION, UpdateError, UpdateOptions, UpdateOutcome, UpdatePlan, Updated,
};
