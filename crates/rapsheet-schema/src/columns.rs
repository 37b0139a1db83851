//! The column tables: name, Elastic Common Schema name, type and meaning of every column that Rust fills.
//!
//! Tables that SQL makes (`addresses`, `networks`, …) take their columns from their query files.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

mod details;
mod known;

pub use details::details;
pub use known::{jail_settings, known, known_matches};

/// The key of the metadata of a field whose texts are JSON, so that JSON files hold the value and not its text.
pub const JSON_TEXT_KEY: &str = "rapsheet:json";

/// The key of the field metadata that holds the Elastic Common Schema name.
const ECS_KEY: &str = "ecs";

/// One column of a table.
#[derive(Clone, Debug)]
pub struct Column {
    /// The name in SQL, files and docs.
    pub name: &'static str,
    /// The name in the Elastic Common Schema, where it has one.
    pub ecs: Option<&'static str>,
    /// The type.
    pub data_type: DataType,
    /// Whether it may be absent.
    pub nullable: bool,
    /// What it means, in one sentence.
    pub meaning: &'static str,
}

impl Column {
    pub(crate) const fn new(
        name: &'static str,
        data_type: DataType,
        meaning: &'static str,
    ) -> Self {
        Self {
            name,
            ecs: None,
            data_type,
            nullable: true,
            meaning,
        }
    }

    pub(crate) const fn ecs(mut self, ecs: &'static str) -> Self {
        self.ecs = Some(ecs);
        self
    }

    const fn required(mut self) -> Self {
        self.nullable = false;
        self
    }
}

/// Makes the Arrow schema of a table from its columns.
#[must_use]
pub fn schema_of(columns: &[Column]) -> SchemaRef {
    let fields: Vec<Field> = columns
        .iter()
        .map(|column| {
            let field = Field::new(column.name, column.data_type.clone(), column.nullable);
            match column.ecs {
                Some(ecs) => {
                    field.with_metadata(HashMap::from([(ECS_KEY.to_owned(), ecs.to_owned())]))
                }
                None => field,
            }
        })
        .collect();
    Arc::new(Schema::new(fields))
}

const TEXT: DataType = DataType::Utf8View;
/// Text that many rows share: views into one buffer would be counted, and copied, once a batch.
pub(crate) const SHORT_TEXT: DataType = DataType::Utf8;
const FLAG: DataType = DataType::Boolean;
const WHOLE: DataType = DataType::Int64;

/// UTC in microseconds.
pub(crate) fn time() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// Declares the columns of a table as an enum, so that whoever fills them has an arm for each.
macro_rules! columns {
    ($(#[$meta:meta])* $name:ident, $all:ident { $($variant:ident => $column:expr,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the meaning of each stands in its column")]
        pub enum $name { $($variant,)+ }

        impl $name {
            /// Every column, in the table's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Returns name, type and meaning.
            #[must_use]
            pub fn column(self) -> Column {
                match self { $(Self::$variant => $column,)+ }
            }
        }

        /// Every column of the table, in its order.
        #[must_use]
        pub fn $all() -> Vec<Column> {
            $name::ALL.iter().map(|column| column.column()).collect()
        }
    };
}

columns! {
    /// The columns of `events`: one row per event.
    EventColumn, events {
        Timestamp => Column::new("timestamp", time(), "when it happened, in UTC").ecs("@timestamp"),
        HostName => Column::new("host_name", TEXT, "the server that wrote the line").ecs("host.name"),
        EventCategory => Column::new("event_category", TEXT, "what the log is about: `authentication`, `web`, `intrusion_detection`, `threat`").ecs("event.category").required(),
        ServiceName => Column::new("service_name", TEXT, "the daemon: `sshd`, `fail2ban`, `apache`, `nginx`, …; `web` where nothing tells whose an access log is (the file's name, its folder, an error log beside it, the form); `http` for a login that an access log shows").ecs("service.name").required(),
        EventDataset => Column::new("event_dataset", TEXT, "daemon and kind of log").ecs("event.dataset").required(),
        EventAction => Column::new("event_action", TEXT, "what happened").ecs("event.action").required(),
        EventOutcome => Column::new("event_outcome", TEXT, "`success`, `failure` or `unknown`").ecs("event.outcome").required(),
        Suspicious => Column::new("suspicious", FLAG, "whether it is evidence of an attempt").required(),
        Attempts => Column::new("attempts", WHOLE, "tries that the line tells of: 0 where another line told of it, 1, or N").required(),
        Reason => Column::new("reason", TEXT, "why it is suspicious").ecs("event.reason"),
        SourceIp => Column::new("source_ip", TEXT, "the remote address, canonical").ecs("source.ip"),
        SourceNetwork => Column::new("source_network", TEXT, "its /24 (IPv4) or /64 (IPv6)"),
        SourcePort => Column::new("source_port", WHOLE, "the remote port").ecs("source.port"),
        SourceDomain => Column::new("source_domain", TEXT, "the remote host's name, where the log has no address").ecs("source.domain"),
        UserName => Column::new("user_name", TEXT, "the user name that was tried").ecs("user.name"),
        UserExists => Column::new("user_exists", FLAG, "whether the server has that user, where the line tells"),
        OpensshAuthMethod => Column::new("openssh_auth_method", TEXT, "how somebody tried to log in: sshd's `password`, `publickey`, …; of mail servers the SASL mechanism: `plain`, `login`, …"),
        OpensshAuthKey => Column::new("openssh_auth_key", TEXT, "the fingerprint of the key that let somebody in: `SHA256:…`"),
        ProcessPid => Column::new("process_pid", WHOLE, "the daemon's process").ecs("process.pid"),
        Fail2banJail => Column::new("fail2ban_jail", TEXT, "the jail"),
        Fail2banBantime => Column::new("fail2ban_bantime", WHOLE, "the ban's length in seconds; -1 is for ever"),
        Fail2banBancount => Column::new("fail2ban_bancount", WHOLE, "how often the address had been banned"),
        HttpRequestMethod => Column::new("http_request_method", TEXT, "the method").ecs("http.request.method"),
        UrlOriginal => Column::new("url_original", TEXT, "path and query as sent").ecs("url.original"),
        UrlDomain => Column::new("url_domain", TEXT, "the virtual host").ecs("url.domain"),
        HttpResponseStatusCode => Column::new("http_response_status_code", WHOLE, "the status").ecs("http.response.status_code"),
        HttpResponseBodyBytes => Column::new("http_response_body_bytes", WHOLE, "bytes of the body").ecs("http.response.body.bytes"),
        HttpReferrer => Column::new("http_referrer", TEXT, "the referrer").ecs("http.request.referrer"),
        UserAgentOriginal => Column::new("user_agent_original", TEXT, "the user agent").ecs("user_agent.original"),
        LogFilePath => Column::new("log_file_path", TEXT, "the file, or the source's name").ecs("log.file.path").required(),
        LogLine => Column::new("log_line", WHOLE, "the line in it, from 1").required(),
        Message => Column::new("message", TEXT, "the raw line").ecs("message"),
    }
}

columns! {
    /// The columns of `activity`: events rolled up by hour and by everything that the shipped questions ask for.
    ///
    /// Rows may repeat a key (a run that meets too many keys writes some out early), so every question sums.
    /// Successful logins and bans keep one row each, because their exact order matters. Lines of sshd that only repeat an
    /// attempt leave out user name and reason, which stand in the line that told of it.
    ActivityColumn, activity {
        Hour => Column::new("hour", time(), "the hour in UTC"),
        Weekday => Column::new("weekday", WHOLE, "1 (Monday) to 7, in the wanted zone, of the beginning of `hour`"),
        HourOfDay => Column::new("hour_of_day", WHOLE, "0 to 23, in the wanted zone, of the beginning of `hour`: where clocks are off by half an hour, an event may count for the hour before its own"),
        Day => Column::new("day", SHORT_TEXT, "the day in the wanted zone, of the beginning of `hour`, as `2026-01-31`"),
        HostName => Column::new("host_name", SHORT_TEXT, "the server that wrote the lines").ecs("host.name"),
        EventCategory => Column::new("event_category", SHORT_TEXT, "what the log is about: `authentication`, `web`, `intrusion_detection`, `threat`").ecs("event.category").required(),
        ServiceName => Column::new("service_name", SHORT_TEXT, "the daemon").ecs("service.name").required(),
        EventDataset => Column::new("event_dataset", SHORT_TEXT, "daemon and kind of log").ecs("event.dataset").required(),
        EventAction => Column::new("event_action", SHORT_TEXT, "what happened").ecs("event.action").required(),
        EventOutcome => Column::new("event_outcome", SHORT_TEXT, "how it ended").ecs("event.outcome").required(),
        Suspicious => Column::new("suspicious", FLAG, "whether it is evidence of attempts").required(),
        Reason => Column::new("reason", SHORT_TEXT, "why").ecs("event.reason"),
        SourceIp => Column::new("source_ip", SHORT_TEXT, "the remote address").ecs("source.ip"),
        SourceNetwork => Column::new("source_network", SHORT_TEXT, "its /24 or /64"),
        SourceDomain => Column::new("source_domain", SHORT_TEXT, "the remote host's name, where the log has no address").ecs("source.domain"),
        UserName => Column::new("user_name", SHORT_TEXT, "the user name that was tried").ecs("user.name"),
        UserExists => Column::new("user_exists", FLAG, "whether the server has that user"),
        OpensshAuthMethod => Column::new("openssh_auth_method", SHORT_TEXT, "sshd's method or the SASL mechanism, for successful logins"),
        Fail2banJail => Column::new("fail2ban_jail", SHORT_TEXT, "the jail"),
        Fail2banBantime => Column::new("fail2ban_bantime", WHOLE, "the ban's length in seconds; -1 is for ever"),
        Fail2banBancount => Column::new("fail2ban_bancount", WHOLE, "how often the address had been banned"),
        UrlPath => Column::new("url_path", SHORT_TEXT, "the path without its query, for suspicious requests"),
        UserAgentOriginal => Column::new("user_agent_original", SHORT_TEXT, "the user agent, for suspicious requests").ecs("user_agent.original"),
        LoginsBefore => Column::new("logins_before", WHOLE, "successful logins of the address that were read before: what failed before a login and after it are rows apart").required(),
        Events => Column::new("events", WHOLE, "how many events").required(),
        Attempts => Column::new("attempts", WHOLE, "how many attempts").required(),
        FirstSeen => Column::new("first_seen", time(), "the first of these events"),
        LastSeen => Column::new("last_seen", time(), "the last of these events"),
    }
}

/// The columns of `coverage`: one row per source.
#[must_use]
pub fn coverage() -> Vec<Column> {
    vec![
        Column::new("log_file_path", TEXT, "the file, or the source's name")
            .ecs("log.file.path")
            .required(),
        Column::new("host_name", TEXT, "the server, where the source names one").ecs("host.name"),
        Column::new(
            "event_dataset",
            TEXT,
            "the formats found in it, most lines first",
        )
        .ecs("event.dataset"),
        Column::new("lines", WHOLE, "lines read").required(),
        Column::new("events", WHOLE, "lines that gave an event").required(),
        Column::new(
            "understood",
            WHOLE,
            "lines understood that are not about an address, or that a copy told already",
        )
        .required(),
        Column::new("unknown", WHOLE, "lines not understood").required(),
        Column::new(
            "duplicates",
            WHOLE,
            "of the understood: lines that another source had told already",
        )
        .required(),
        Column::new("first", time(), "the first event's time"),
        Column::new("last", time(), "the last event's time"),
        Column::new("fault", TEXT, "what could not be read, if anything"),
        Column::new(
            "unread_logins",
            WHOLE,
            "lines that nobody read and that have the words of a login: of the unknown, or of a program that is not read",
        )
        .required(),
        Column::new("unread_login", TEXT, "the first of them"),
    ]
}

/// The columns of `unknown_lines`: lines that nobody understood, grouped by shape.
#[must_use]
pub fn unknown_lines() -> Vec<Column> {
    vec![
        Column::new(
            "shape",
            TEXT,
            "the line with numbers, addresses and names replaced",
        )
        .required(),
        Column::new("lines", WHOLE, "how many lines have it").required(),
        Column::new("sample", TEXT, "the first such line").required(),
        Column::new("log_file_path", TEXT, "where the sample stands")
            .ecs("log.file.path")
            .required(),
        Column::new("log_line", WHOLE, "its line, from 1").required(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_distinct_snake_case_names() {
        for table in [events(), activity(), coverage(), unknown_lines(), details()] {
            let mut seen = std::collections::HashSet::new();
            for column in &table {
                assert!(seen.insert(column.name), "{} stands twice", column.name);
                assert!(
                    column
                        .name
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
                    "{} needs quotes in SQL",
                    column.name
                );
            }
            assert_eq!(schema_of(&table).fields().len(), table.len());
        }
    }
}
