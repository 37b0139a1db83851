//! Who comes when, and what for. The plan is made first, then played in the order of time, because
//! fail2ban decides meanwhile who still gets through.

use super::sshd::{ConnectionEnd, Knock, Login, Passwords};
use super::web::DemoRequest;
use super::world::World;
use super::{END, ROTATION, START};
use crate::civil::{Civil, DAY};
use crate::random::Random;
use std::collections::BTreeSet;

mod visitors;

/// The seed of the whole story.
const SEED: u64 = 2_026;

pub(super) const INTRUDER: &str = "203.0.113.66";
/// Has alice's password.
pub(super) const THIEF: &str = "198.19.40.77";
/// Gets the repository.
pub(super) const FINDER: &str = "198.18.66.31";
pub(super) const FRAMED: &str = "192.0.2.8";
const SLOW_NETWORK: &str = "198.51.100.0/24";
const DEPLOY: Login = Login {
    user: "deploy",
    uid: 1_003,
    key: None,
    seconds: 14 * 60,
};

/// Something that happens on the server.
#[derive(Clone, Debug)]
enum What {
    Passwords(Passwords),
    Login(Login, u64),
    Knock(Knock),
    Request(DemoRequest),
    BasicAuth(&'static str, bool),
    Cron,
    Sudo(&'static str),
    RestartFail2ban,
    RotateFail2ban,
}

/// One visit, in milliseconds since 1970.
struct Visit {
    at: i64,
    address: String,
    what: What,
}

/// The plan that the story is made of.
struct Storyline {
    visits: Vec<Visit>,
    random: Random,
}

impl Storyline {
    fn add(&mut self, second: i64, address: &str, what: What) {
        let at = second * 1_000 + self.random.below(1_000).cast_signed();
        self.visits.push(Visit {
            at,
            address: address.to_owned(),
            what,
        });
    }

    /// A second of the story, any time of day.
    fn any_time(&mut self) -> i64 {
        START
            + 3_600
            + self
                .random
                .below((END - START - 7_200).unsigned_abs())
                .cast_signed()
    }

    /// A second of the story when people are awake.
    fn day_time(&mut self) -> i64 {
        loop {
            let at = self.any_time();
            let hour = u64::from(Civil::of(at).hour);
            // Few before seven, most about noon and in the evening.
            let busy = [
                1, 1, 0, 0, 0, 1, 3, 6, 9, 10, 10, 9, 10, 9, 9, 9, 8, 8, 8, 9, 9, 7, 5, 2,
            ];
            if self.random.below(10) < busy[hour as usize % 24] {
                return at;
            }
        }
    }
}

/// Plays the story.
pub(super) fn tell() -> World {
    let mut plan = Storyline {
        visits: Vec::new(),
        random: Random::new(SEED),
    };
    plan.routine();
    plan.people();
    plan.slow_network();
    plan.loud_address();
    plan.word_lists();
    plan.hostile_names();
    plan.key_scanners();
    plan.knockers();
    plan.web_visitors();
    plan.web_scanners();
    let tried = plan.intruder();
    plan.thief();
    plan.forgotten_repository();

    let mut world = World::new(SEED + 1);
    world.start_fail2ban((START + 4) * 1_000);
    world.facts.slow_network = SLOW_NETWORK;
    world.facts.framed = FRAMED;
    (world.facts.thief, world.facts.finder) = (THIEF, FINDER);
    plan.visits.sort_by_key(|visit| visit.at);
    for visit in &plan.visits {
        world.play(visit, &tried);
    }
    world.lift(END * 1_000);
    let slow: Vec<u64> = world
        .facts
        .failed_passwords
        .iter()
        .filter(|(address, _)| address.starts_with("198.51.100."))
        .map(|(_, count)| *count)
        .collect();
    world.facts.slow_addresses = slow.len() as u64;
    world.facts.slow_failed_passwords = slow.iter().sum();
    world
}

impl World {
    fn play(&mut self, visit: &Visit, tried: &BTreeSet<String>) {
        let Visit { at, address, what } = visit;
        self.lift(*at);
        if self.is_banned(address) {
            return;
        }
        match what {
            What::Passwords(passwords) => self.passwords(*at, address, passwords),
            What::Login(login, typos) => {
                if address == INTRUDER {
                    let intruder = &mut self.facts.intruder;
                    intruder.address = INTRUDER;
                    intruder.user = login.user;
                    intruder.failed_before = self
                        .facts
                        .failed_passwords
                        .get(INTRUDER)
                        .copied()
                        .unwrap_or(0);
                    intruder.users_tried.clone_from(tried);
                    intruder.at = at.div_euclid(1_000);
                    intruder.session_seconds = login.seconds;
                }
                self.login(*at, address, login, *typos);
            }
            What::Knock(knock) => self.knock(*at, address, knock),
            What::Request(request) => self.request(*at, address, request),
            What::BasicAuth(user, exists) => self.basic_auth(*at, address, user, *exists),
            What::Cron => self.cron(*at),
            What::Sudo(command) => self.sudo(*at, command),
            What::RestartFail2ban => self.restart_fail2ban(*at),
            What::RotateFail2ban => self.rotate_fail2ban(*at),
        }
    }
}

impl Storyline {
    /// Fails 57 times, four at most in ten minutes, and gets in.
    fn intruder(&mut self) -> BTreeSet<String> {
        const USERS: [(&str, bool); 9] = [
            ("root", true),
            ("admin", false),
            ("ubuntu", false),
            ("deployer", false),
            ("git", true),
            ("www-data", true),
            ("jenkins", false),
            ("deploy", true),
            ("alice", true),
        ];
        let agent = "Mozilla/5.0 (compatible; Go-http-client/1.1)";
        let evening = ROTATION + DAY + 18 * 3_600;
        let look = DemoRequest {
            line: "GET / HTTP/1.1",
            status: 200,
            bytes: 4_312,
            agent,
            probe: false,
        };
        let probe = DemoRequest {
            line: "GET /.env HTTP/1.1",
            status: 404,
            bytes: 162,
            agent,
            probe: true,
        };
        self.add(evening + 120, INTRUDER, What::Request(look));
        self.add(evening + 124, INTRUDER, What::Request(probe));
        let mut at = evening + 3 * 3_600 + 1_260;
        let mut tried = BTreeSet::new();
        for number in 0..57 {
            let (user, exists) = USERS[if number > 50 { 7 } else { number % USERS.len() }];
            tried.insert(user.to_owned());
            let passwords = Passwords {
                user: user.to_owned(),
                exists,
                tries: 1,
                end: ConnectionEnd::Bye,
            };
            self.add(at, INTRUDER, What::Passwords(passwords));
            at += self.random.between(230, 420).cast_signed();
        }
        self.add(at, INTRUDER, What::Login(DEPLOY, 0));
        tried
    }

    /// Logs in as alice with her password, from a country where she never was; nothing failed before.
    fn thief(&mut self) {
        let login = Login {
            user: "alice",
            uid: 1_001,
            key: None,
            seconds: 7 * 60,
        };
        self.add(ROTATION + 4 * DAY + 3 * 3_600, THIEF, What::Login(login, 0));
    }

    /// Finds what was left on the web server.
    fn forgotten_repository(&mut self) {
        let request = DemoRequest {
            line: "GET /.git/config HTTP/1.1",
            status: 200,
            bytes: 412,
            agent: "Mozilla/5.0 (X11; Linux x86_64) git-dumper/1.0",
            probe: true,
        };
        self.add(
            ROTATION + 2 * DAY + 14 * 3_600,
            FINDER,
            What::Request(request),
        );
    }

    /// What the machine does by itself.
    fn routine(&mut self) {
        let mut at = START + 17 * 60;
        while at < END {
            self.add(at, "", What::Cron);
            at += 7_200;
        }
        self.add(ROTATION, "", What::RotateFail2ban);
        self.add(
            START + 10 * DAY + 6 * 3_600 + 840,
            "",
            What::RestartFail2ban,
        );
        self.add(
            START + 17 * DAY + 6 * 3_600 + 903,
            "",
            What::RestartFail2ban,
        );
    }

    /// alice, bob and the robot.
    fn people(&mut self) {
        let alice = Login {
            user: "alice",
            uid: 1_001,
            key: Some("Zq3vEXAMPLEaliceEXAMPLEaliceEXAMPLEalice1234"),
            seconds: 0,
        };
        let robot = Login {
            user: "deploy",
            uid: 1_003,
            key: Some("Kr8tEXAMPLErobotEXAMPLErobotEXAMPLErobot5678"),
            seconds: 41,
        };
        let bob = Login {
            user: "bob",
            uid: 1_002,
            key: None,
            seconds: 0,
        };
        for day in 0..21 {
            let midnight = START + day * DAY;
            let at = midnight + 8 * 3_600 + self.random.between(0, 5_400).cast_signed();
            let seconds = self.random.between(600, 9_000).cast_signed();
            let home = if day % 7 == 6 {
                "2001:db8:5::2a"
            } else {
                "198.18.5.20"
            };
            self.add(at, home, What::Login(Login { seconds, ..alice }, 0));
            if day % 3 == 1 {
                self.add(at + 240, "", What::Sudo("/usr/bin/apt-get update"));
                self.add(at + 300, "", What::Sudo("/usr/bin/apt-get -y upgrade"));
            }
            if [2, 9, 12, 16].contains(&day) {
                let at = midnight + 13 * 3_600 + self.random.between(0, 9_000).cast_signed();
                let seconds = self.random.between(300, 3_000).cast_signed();
                self.add(
                    at,
                    "198.18.5.77",
                    What::Login(Login { seconds, ..bob }, u64::from(day == 9)),
                );
            }
            for hour in [3, 15] {
                self.add(
                    midnight + hour * 3_600 + 302,
                    "198.18.200.10",
                    What::Login(robot, 0),
                );
            }
        }
    }
}
