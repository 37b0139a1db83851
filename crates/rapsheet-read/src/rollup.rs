//! Folds events into the declared roll-ups ([`rapsheet_schema::ROLL_UPS`]) and into exact rows for logins and bans.
//!
//! Each thread has a [`RollUps`] of its own. When all is read, [`finish`] gives names the same ids everywhere and makes
//! record batches of the rows.

use rapsheet_schema::{Action, Event, MICROS_PER_SECOND, ROLL_UPS};

mod exact;
mod facets;
mod finish;
mod ids;
mod part;
mod spill;
mod table;

pub use finish::RolledUp;
pub(crate) use finish::finish;
pub use part::RollUpPart;
pub(crate) use spill::SpillFile;

use exact::{ExactBan, ExactLogin, Rows};
use facets::{Facet, Facets};
use ids::Ids;
use table::{Fact, Table};

use crate::intern::{TextId, Texts};
use crate::logins::Before;

const HOUR_MICROS: i64 = 3_600 * MICROS_PER_SECOND;

/// What one thread rolled up.
#[derive(Debug)]
pub(crate) struct RollUps {
    ids: Ids,
    /// Those that are wanted, in the order of [`ROLL_UPS`].
    tables: Vec<Table>,
    /// Absent where nobody asks for them.
    facets: Option<Facets>,
    logins: Rows<ExactLogin>,
    bans: Rows<ExactBan>,
    /// Methods of logins: few, and told as texts.
    methods: Texts,
    /// Fingerprints of keys that let somebody in.
    keys: Texts,
    last_host: Option<(String, TextId)>,
}

impl Default for RollUps {
    fn default() -> Self {
        Self::new(false)
    }
}

impl RollUps {
    /// Begins without events; `on_demand` says whether the roll-ups that are seldom wanted are.
    pub(crate) fn new(on_demand: bool) -> Self {
        let wanted = ROLL_UPS
            .iter()
            .filter(|roll_up| on_demand || !roll_up.on_demand);
        Self {
            ids: Ids::default(),
            tables: wanted.map(Table::new).collect(),
            facets: on_demand.then(Facets::default),
            logins: Rows::default(),
            bans: Rows::default(),
            methods: Texts::default(),
            keys: Texts::default(),
            last_host: None,
        }
    }

    /// Adds a login that came before the wanted time: with it are compared those that did not.
    pub(crate) fn add_earlier_login(
        &mut self,
        micros: Option<i64>,
        host_name: Option<&str>,
        login: u32,
        event: &Event<'_>,
    ) {
        let address = self.ids.address(event);
        let (host, user) = (self.host(host_name), self.ids.name(event.user_name));
        self.push_login(address, host, user, micros, login, false, event);
    }

    #[allow(clippy::too_many_arguments)]
    fn push_login(
        &mut self,
        address: u32,
        host: TextId,
        user: TextId,
        micros: Option<i64>,
        login: u32,
        wanted: bool,
        event: &Event<'_>,
    ) {
        self.logins.push(ExactLogin {
            address,
            host,
            user,
            method: self.methods.intern_name(event.openssh_auth_method),
            key: self.keys.intern_name(event.openssh_auth_key),
            dataset: event.event_dataset,
            micros,
            login,
            wanted,
        });
    }

    /// Adds an event. `before` says what the address and its network did before it.
    pub(crate) fn add(
        &mut self,
        micros: Option<i64>,
        host_name: Option<&str>,
        before: Before,
        event: &Event<'_>,
    ) {
        let fact = self.fact(micros, host_name, event);
        for table in &mut self.tables {
            if (table.roll_up.takes)(event) {
                table.add(&fact);
            }
        }
        if event.is_login() {
            let login = before.login;
            self.push_login(
                fact.address,
                fact.host,
                fact.user,
                micros,
                login,
                true,
                event,
            );
        } else if matches!(
            event.event_action,
            Action::Ban | Action::RestoreBan | Action::IncreaseBan | Action::Unban
        ) {
            self.bans.push(ExactBan {
                address: fact.address,
                host: fact.host,
                jail: fact.jail,
                dataset: event.event_dataset,
                action: event.event_action,
                micros,
                bantime: event.fail2ban_bantime,
                bancount: event.fail2ban_bancount,
            });
        }
    }

    /// How many bytes rows hold, those of texts aside.
    pub(crate) fn memory(&self) -> usize {
        self.tables.iter().map(Table::memory).sum()
    }

    /// Writes all rows to disk, where texts stay in memory. What cannot be written stays too.
    pub(crate) fn spill(&mut self, file: &SpillFile) -> std::io::Result<()> {
        self.tables
            .iter_mut()
            .try_for_each(|table| table.spill(file))
    }

    /// Turns an event's names into ids.
    fn fact(&mut self, micros: Option<i64>, host_name: Option<&str>, event: &Event<'_>) -> Fact {
        let names_user = event.user_name.is_some() && event.tells_of_user();
        let path = event.url_path().filter(|_| event.suspicious);
        let path = if path.is_some() {
            self.ids.name(path)
        } else {
            0
        };
        let kind = table::Kind::of(event);
        let jail = self.ids.jail(event.fail2ban_jail);
        let host = self.host(host_name);
        let facet = match &mut self.facets {
            None => 0,
            Some(facets) => {
                facets.number(Facet::of(event, (kind, host, jail, path), &mut self.ids))
            }
        };
        let answer = event.http.and_then(|http| http.http_response_status_code);
        let bytes = event.http.and_then(|http| http.http_response_body_bytes);
        Fact {
            address: self.ids.address(event),
            host,
            user: if names_user {
                self.ids.name(event.user_name)
            } else {
                0
            },
            path,
            jail,
            kind,
            facet,
            hour: hour_id(micros),
            micros,
            attempts: event.attempts,
            is_login: event.is_login(),
            is_ban: event.event_action == Action::Ban,
            failed_logins: if event.is_failed_login() {
                event.attempts
            } else {
                0
            },
            user_exists: event.user_exists,
            answer: answer.map_or(0, |status| table::answer_word(event.reason, status)),
            answer_bytes: bytes.map_or(0, |bytes| u32::try_from(bytes + 1).unwrap_or(u32::MAX)),
            bytes: bytes.unwrap_or(0),
        }
    }

    /// Lines of one host stand together.
    fn host(&mut self, host_name: Option<&str>) -> TextId {
        let Some(name) = host_name else { return 0 };
        if let Some((last, id)) = &self.last_host
            && last == name
        {
            return *id;
        }
        let id = self.ids.name(host_name);
        self.last_host = Some((name.to_owned(), id));
        id
    }
}

/// The id of the hour of a time: hours since 1970, from 1; 0 is no hour.
fn hour_id(micros: Option<i64>) -> u32 {
    micros
        .and_then(|at| u32::try_from(at.div_euclid(HOUR_MICROS) + 1).ok())
        .unwrap_or(0)
}
