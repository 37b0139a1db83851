//! Colours that people with any kind of colour vision tell apart, after Okabe and Ito (2008), on a light or a dark ground.

use plotters::style::RGBColor;

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
    pub(super) series: [RGBColor; 7],
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
            series: [
                of(0x0072b2, 0x4da6e0),
                of(0xe69f00, 0xf0b232),
                of(0x009e73, 0x2eb88e),
                of(0xcc79a7, 0xda96bc),
                of(0x56b4e9, 0x8ccdf5),
                of(0xd55e00, 0xf07d32),
                of(0x8c8c8c, 0x969696),
            ],
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

    /// The colour of a daemon, the same in every picture; others take what is left, in their order.
    pub(super) fn service(&self, name: &str, index: usize) -> RGBColor {
        match name {
            "sshd" => self.series[0],
            "nginx" | "web" => self.series[2],
            "apache" => self.series[1],
            "fail2ban" => self.series[3],
            _ => self.series[4 + index % 3],
        }
    }
}
