//! Interns what events are and the names that they bear: the page of the report filters by these.

use hashbrown::HashMap;
use rapsheet_schema::Event;

use super::ids::Ids;
use super::table::Kind;
use crate::intern::TextId;

/// What an event is, and the names that it bears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Facet {
    pub(super) kind: Kind,
    pub(super) failed_login: bool,
    pub(super) host: TextId,
    pub(super) user: TextId,
    pub(super) jail: TextId,
    pub(super) path: TextId,
    pub(super) agent: TextId,
    pub(super) referrer: TextId,
    /// 0 where there is none.
    pub(super) status: u16,
}

impl Facet {
    /// Of an event whose kind, server, jail and path have their ids already. A line that only repeats an attempt bears no user name:
    /// what was tried stands in the line that told it.
    pub(super) fn of(
        event: &Event<'_>,
        (kind, host, jail, path): (Kind, TextId, TextId, TextId),
        ids: &mut Ids,
    ) -> Self {
        let user = event.user_name.filter(|_| !event.is_repetition());
        let status = event.http.and_then(|http| http.http_response_status_code);
        // What is not found is of interest, whoever asks for it.
        let path = match event.url_path() {
            Some(missed) if path == 0 && status == Some(404) => ids.name(Some(missed)),
            _ => path,
        };
        let agent = event.http.and_then(|http| http.user_agent_original);
        Self {
            kind,
            failed_login: event.is_failed_login() && !event.is_repetition(),
            host,
            user: ids.name(user),
            jail,
            path,
            agent: ids.name(agent),
            referrer: ids.name(event.referrer_host()),
            status: status.unwrap_or(0),
        }
    }

    /// The same with the ids that names have in the tables of all threads.
    pub(super) fn renumbered(self, names: &[u32]) -> Self {
        let of = |name: TextId| names[name as usize];
        Self {
            kind: self.kind,
            failed_login: self.failed_login,
            host: of(self.host),
            user: of(self.user),
            jail: of(self.jail),
            path: of(self.path),
            agent: of(self.agent),
            referrer: of(self.referrer),
            status: self.status,
        }
    }
}

/// The facets that one thread met, numbered from 1.
#[derive(Debug, Default)]
pub(super) struct Facets {
    all: Vec<Facet>,
    numbers: HashMap<Facet, u32>,
    /// The facet before: lines that are alike stand together.
    last: Option<(Facet, u32)>,
}

impl Facets {
    /// Returns the number of a facet.
    pub(super) fn number(&mut self, facet: Facet) -> u32 {
        if let Some((last, number)) = self.last
            && last == facet
        {
            return number;
        }
        let all = &mut self.all;
        let number = *self.numbers.entry(facet).or_insert_with(|| {
            all.push(facet);
            u32::try_from(all.len()).unwrap_or(u32::MAX)
        });
        self.last = Some((facet, number));
        number
    }

    /// Gives out the facets in the order of their numbers.
    pub(super) fn into_all(self) -> Vec<Facet> {
        self.all
    }
}

/// Puts the facets of all threads together and into an order that doesn't hang on threads: the facets, and of each thread the
/// number of each of its own. Element 0 is 0.
pub(super) fn in_order(parts: &[Vec<Facet>]) -> (Vec<Facet>, Vec<Vec<u32>>) {
    let mut sorted = parts.concat();
    sorted.sort_unstable();
    sorted.dedup();
    let numbers = parts
        .iter()
        .map(|part| {
            let of = |facet: &Facet| sorted.binary_search(facet).map_or(0, |place| place + 1);
            let numbers = part.iter().map(of);
            std::iter::once(0)
                .chain(numbers.map(|number| u32::try_from(number).unwrap_or(u32::MAX)))
                .collect()
        })
        .collect();
    (sorted, numbers)
}
