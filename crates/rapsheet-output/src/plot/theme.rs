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

const LIGHT: Colors = Colors {
    ground: RGBColor(255, 255, 255),
    ink: RGBColor(31, 35, 40),
    soft: RGBColor(89, 96, 105),
    grid: RGBColor(225, 228, 232),
    land: RGBColor(229, 232, 236),
    border: RGBColor(255, 255, 255),
    hot: RGBColor(213, 94, 0),
    series: [
        RGBColor(0, 114, 178),
        RGBColor(230, 159, 0),
        RGBColor(0, 158, 115),
        RGBColor(204, 121, 167),
        RGBColor(86, 180, 233),
        RGBColor(213, 94, 0),
        RGBColor(140, 140, 140),
    ],
    scale: [
        RGBColor(222, 235, 247),
        RGBColor(66, 146, 198),
        RGBColor(8, 48, 107),
    ],
};

const DARK: Colors = Colors {
    ground: RGBColor(22, 27, 34),
    ink: RGBColor(230, 237, 243),
    soft: RGBColor(157, 167, 179),
    grid: RGBColor(48, 54, 61),
    land: RGBColor(53, 61, 71),
    border: RGBColor(22, 27, 34),
    hot: RGBColor(255, 143, 64),
    series: [
        RGBColor(77, 166, 224),
        RGBColor(240, 178, 50),
        RGBColor(46, 184, 142),
        RGBColor(218, 150, 188),
        RGBColor(140, 205, 245),
        RGBColor(240, 125, 50),
        RGBColor(150, 150, 150),
    ],
    scale: [
        RGBColor(33, 53, 76),
        RGBColor(66, 146, 198),
        RGBColor(205, 232, 255),
    ],
};

impl Theme {
    pub(super) const fn colors(self) -> Colors {
        match self {
            Self::Light => LIGHT,
            Self::Dark => DARK,
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
