//! When a jail bans, and for how long.

use std::collections::BTreeSet;

use super::{DEFAULT, Fail2banSettings};

/// The settings of a jail that is enabled; what its files do not tell is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JailSettings {
    /// Its name.
    pub jail: String,
    /// After how many failures it bans.
    pub maxretry: Option<i64>,
    /// Within how many seconds these have to happen.
    pub findtime: Option<i64>,
    /// For how many seconds it bans; below zero: for good.
    pub bantime: Option<i64>,
    /// Whether each further ban lasts longer.
    pub grows: bool,
    /// The mode of its filter: `normal`, `aggressive`, …
    pub mode: Option<String>,
}

impl Fail2banSettings {
    /// The jails that are enabled, by name.
    #[must_use]
    pub fn jails(&self) -> Vec<JailSettings> {
        let names: BTreeSet<&String> = self.settings.keys().map(|(jail, _)| jail).collect();
        names
            .into_iter()
            .filter(|jail| *jail != DEFAULT && self.is_on(jail, "enabled"))
            .map(|jail| JailSettings {
                jail: jail.clone(),
                maxretry: self
                    .value(jail, "maxretry")
                    .and_then(|text| text.parse().ok()),
                findtime: self.value(jail, "findtime").and_then(seconds),
                bantime: self.value(jail, "bantime").and_then(seconds),
                grows: self.is_on(jail, "bantime.increment"),
                mode: self.value(jail, "mode").map(str::to_owned),
            })
            .collect()
    }

    /// Whether a switch is on, in the words that Python's configuration knows.
    fn is_on(&self, jail: &str, name: &str) -> bool {
        self.value(jail, name).is_some_and(|text| {
            matches!(
                text.to_ascii_lowercase().as_str(),
                "1" | "yes" | "true" | "on"
            )
        })
    }
}

/// A time of fail2ban's in seconds: `600`, `10m`, `1h 30m`, `1d12h`, `-1`. The units are those of jail.conf(5).
fn seconds(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let mut total = 0_i64;
    let mut rest = text;
    while !rest.is_empty() {
        let number = rest.len()
            - rest
                .trim_start_matches(|one: char| one.is_ascii_digit())
                .len();
        let (digits, after) = rest.split_at(number);
        let after = after.trim_start();
        let length = after.len() - after.trim_start_matches(char::is_alphabetic).len();
        let (unit, after) = after.split_at(length);
        let unit = match unit.to_ascii_lowercase().as_str() {
            "" | "s" | "ss" | "sec" | "secs" | "second" | "seconds" => 1,
            "m" | "mm" | "min" | "mins" | "minute" | "minutes" => 60,
            "h" | "hh" | "hour" | "hours" => 3_600,
            "d" | "dd" | "day" | "days" => 86_400,
            "w" | "ww" | "week" | "weeks" => 7 * 86_400,
            "mo" | "mon" | "month" | "months" => 2_629_800,
            "y" | "yy" | "year" | "years" => 31_557_600,
            _ => return None,
        };
        let number: i64 = digits.parse().ok()?;
        total = total.checked_add(number.checked_mul(unit)?)?;
        rest = after.trim_start();
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::super::setting::settings_of;
    use super::*;

    fn jails(texts: &[&str]) -> Vec<JailSettings> {
        let mut all = Fail2banSettings::default();
        for setting in texts.iter().flat_map(|text| settings_of(text, "jail.conf")) {
            all.settings
                .insert((setting.jail.clone(), setting.name.clone()), setting);
        }
        all.jails()
    }

    #[test]
    fn times_are_read_as_fail2ban_reads_them() {
        let told = [
            "600", "10m", "1h 30m", "1d12h", "-1", "2 weeks", "", "soon", "5x", "m",
        ]
        .map(seconds);
        assert_eq!(
            told,
            [
                Some(600),
                Some(600),
                Some(5_400),
                Some(129_600),
                Some(-1),
                Some(1_209_600),
                None,
                None,
                None,
                None
            ]
        );
    }

    #[test]
    fn a_jail_has_what_it_says_itself_and_else_what_holds_for_all() {
        let conf = "[DEFAULT]\nmaxretry = 5\nfindtime = 10m # as usual\nbantime = 1h 30m\nmode = normal\nenabled = false\n[sshd]\nport = ssh\n[apache]\nmaxretry = 2\n";
        let local =
            "[sshd]\nenabled = true\nmaxretry = 3\nbantime.increment = true\nmode = %(mode)s\n";
        assert_eq!(
            jails(&[conf, local]),
            [JailSettings {
                jail: "sshd".to_owned(),
                maxretry: Some(3),
                findtime: Some(600),
                bantime: Some(5_400),
                grows: true,
                mode: None,
            }]
        );
    }

    #[test]
    fn what_the_client_prints_is_understood() {
        let printed = "['set', 'syslogsocket', 'auto']\n['add', 'sshd', 'auto']\n['set', 'sshd', 'maxretry', 4]\n\
                       ['set', 'sshd', 'findtime', '10m']\n['set', 'sshd', 'addignoreip', '127.0.0.1/8', '::1']\n['start', 'sshd']\n";
        let told = jails(&[printed]);
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].maxretry, told[0].findtime), (Some(4), Some(600)));
    }
}
