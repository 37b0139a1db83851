//! What a run would ask, before anything is sent.

use std::collections::HashSet;
use std::net::IpAddr;

use rapsheet_schema::format_network;

use crate::cache::known::{Covered, Known};
use crate::service::{Amount, Service, is_reserved};

/// What is wanted.
#[derive(Clone, Debug)]
pub struct PlanOptions {
    /// Which service.
    pub service: Service,
    /// Whether one answer serves its whole network.
    pub share_networks: bool,
    /// How old an answer may be, in microseconds.
    pub max_age_micros: i64,
    /// The time, in microseconds since 1970.
    pub now_micros: i64,
    /// At most so many addresses.
    pub limit: Option<usize>,
    /// What one answer costs.
    pub price: Amount,
}

/// Which addresses are asked about, and why the others are not.
#[derive(Clone, Debug, Default)]
pub struct AskPlan {
    /// How many different addresses there are.
    pub addresses: usize,
    /// Private and reserved: never sent.
    pub reserved: usize,
    /// Answered already.
    pub cached: usize,
    /// Answered already through their network.
    pub through_network: usize,
    /// Answered with something about another address, which may be billed again.
    pub about_another: usize,
    /// Left out by the limit.
    pub beyond_limit: usize,
    /// To ask, in this order.
    pub ask: Vec<IpAddr>,
    /// In how many blocks (/24 or /64) those lie: the networks that answers are given for are often wider.
    pub blocks: usize,
    /// What all of them cost, if each is answered at once.
    pub cost: Amount,
    /// What may be spent beside that, without a budget, on trying again what may have been billed without an answer.
    pub reserve: Amount,
}

/// One request in so many more, for trying again.
const RESERVE_SHARE: u64 = 10;

/// Where few are asked about: so many that one address has all of its tries.
const LEAST_RESERVE: u64 = 4;

/// Makes the plan; addresses keep their order.
#[must_use]
pub fn plan(
    addresses: impl IntoIterator<Item = IpAddr>,
    known: &Known,
    options: &PlanOptions,
) -> AskPlan {
    let mut plan = AskPlan::default();
    let mut seen = HashSet::new();
    let mut blocks = HashSet::new();
    for ip in addresses {
        let ip = ip.to_canonical();
        if !seen.insert(ip) {
            continue;
        }
        plan.addresses += 1;
        if is_reserved(ip) {
            plan.reserved += 1;
            continue;
        }
        let covered = known.covers(
            options.service,
            ip,
            options.share_networks,
            options.now_micros,
            options.max_age_micros,
        );
        match covered {
            Some(Covered::Itself) => plan.cached += 1,
            Some(Covered::Network) => plan.through_network += 1,
            Some(Covered::AboutAnother) => plan.about_another += 1,
            None if options.limit.is_some_and(|limit| plan.ask.len() >= limit) => {
                plan.beyond_limit += 1;
            }
            None => {
                blocks.insert(format_network(ip));
                plan.ask.push(ip);
            }
        }
    }
    plan.blocks = blocks.len();
    let requests = plan.ask.len() as u64;
    plan.cost = options.price.times(requests);
    if requests > 0 {
        let more = requests.div_ceil(RESERVE_SHARE).max(LEAST_RESERVE);
        plan.reserve = options.price.times(more);
    }
    plan
}
