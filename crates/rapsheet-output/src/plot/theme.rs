//! Colours that people with any kind of colour vision tell apart, after Okabe and Ito (2008) and Tol (2021), on a light or a
//! dark ground.
//!
//! A colour belongs to a name: a daemon has the same one in every picture and on the report's page, whose `colours.json` holds
//! the same table.

use plotters::style::RGBColor;

/// The colours of parts, each on a light and on a dark ground.
const PARTS: [(u32, u32); 11] = [
    (0x0072b2, 0x4da6e0),
    (0xe69f00, 0xf0b232),
    (0x009e73, 0x2eb88e),
    (0xcc79a7, 0xda96bc),
    (0x56b4e9, 0x8ccdf5),
    (0xd55e00, 0xf07d32),
    (0x882255, 0xc2668f),
    (0x999933, 0xbdbd5c),
    (0x332288, 0x8577d6),
    (0x8a5a33, 0xb98a60),
    (0x117733, 0x66b37a),
];
/// The colour of all others together.
const OTHERS: (u32, u32) = (0x8c8c8c, 0x969696);
/// The daemons, each at the place of its colour in `PARTS`.
const DAEMONS: [&str; PARTS.len()] = [
    "sshd", "apache", "nginx", "fail2ban", "dovecot", "postfix", "dropbear", "web", "http", "list",
    "",
];

/// The ground.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Dark on white.
    #[default]
    Light,
    /// Light on dark.
    Dark,
}

/// The colours of one theme.
#[derive(Clone, Copy, Debug)]
pub(super) struct Colors {
    pub(super) ground: RGBColor,
    pub(super) ink: RGBColor,
    pub(super) soft: RGBColor,
    pub(super) grid: RGBColor,
    pub(super) land: RGBColor,
    pub(super) border: RGBColor,
    pub(super) hot: RGBColor,
    pub(super) series: [RGBColor; PARTS.len()],
    pub(super) others: RGBColor,
    /// The least and the most of a scale.
    pub(super) scale: [RGBColor; 3],
}

impl Theme {
    /// The colours, each as it is on a light and on a dark ground.
    pub(super) fn colors(self) -> Colors {
        let of = |light: u32, dark: u32| {
            let [_, red, green, blue] = match self {
                Self::Light => light,
                Self::Dark => dark,
            }
            .to_be_bytes();
            RGBColor(red, green, blue)
        };
        Colors {
            ground: of(0xffffff, 0x161b22),
            ink: of(0x1f2328, 0xe6edf3),
            soft: of(0x596069, 0x9da7b3),
            grid: of(0xe1e4e8, 0x30363d),
            land: of(0xe5e8ec, 0x353d47),
            border: of(0xffffff, 0x161b22),
            hot: of(0xd55e00, 0xff8f40),
            series: PARTS.map(|(light, dark)| of(light, dark)),
            others: of(OTHERS.0, OTHERS.1),
            scale: [
                of(0xdeebf7, 0x21354c),
                of(0x4292c6, 0x4292c6),
                of(0x08306b, 0xcde8ff),
            ],
        }
    }
}

impl Colors {
    /// A colour between the least (0) and the most (1).
    pub(super) fn between(&self, part: f64) -> RGBColor {
        let part = part.clamp(0.0, 1.0) * 2.0;
        let (from, to, part) = if part < 1.0 {
            (self.scale[0], self.scale[1], part)
        } else {
            (self.scale[1], self.scale[2], part - 1.0)
        };
        let mix = |from: u8, to: u8| {
            let mixed = f64::from(from) + (f64::from(to) - f64::from(from)) * part;
            mixed.round() as u8
        };
        RGBColor(mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
    }

    /// The colour of a daemon, the same in every picture.
    pub(super) fn service(&self, name: &str) -> RGBColor {
        let place = DAEMONS.iter().position(|daemon| *daemon == name);
        place.map_or(self.others, |place| self.series[place])
    }
}

#[cfg(test)]
mod tests {
    use rapsheet_schema::Dataset;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_page_has_the_same_colours() {
        let page: Value = serde_json::from_str(include_str!(
            "../../../rapsheet-report/web/src/ui/colours.json"
        ))
        .unwrap();
        let both =
            |(light, dark): (u32, u32)| json!([format!("#{light:06x}"), format!("#{dark:06x}")]);
        assert_eq!(page["parts"], json!(PARTS.map(both)));
        assert_eq!(page["others"], both(OTHERS));
        let names: serde_json::Map<String, Value> = (0..)
            .zip(DAEMONS)
            .filter(|(_, name)| !name.is_empty())
            .map(|(place, name)| (name.to_owned(), json!(place)))
            .collect();
        assert_eq!(page["names"], Value::Object(names));
    }

    #[test]
    fn each_daemon_has_a_colour_of_its_own() {
        let colors = Theme::Light.colors();
        for dataset in Dataset::ALL {
            let name = dataset.service_name();
            assert_ne!(colors.service(name), colors.others, "{name}");
        }
    }
}
