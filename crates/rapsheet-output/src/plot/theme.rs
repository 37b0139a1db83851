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
            ground: of(0xff_ff_ff, 0x16_1b_22),
            ink: of(0x1f_23_28, 0xe6_ed_f3),
            soft: of(0x59_60_69, 0x9d_a7_b3),
            grid: of(0xe1_e4_e8, 0x30_36_3d),
            land: of(0xe5_e8_ec, 0x35_3d_47),
            border: of(0xff_ff_ff, 0x16_1b_22),
            hot: of(0xd5_5e_00, 0xff_8f_40),
            series: [
                of(0x00_72_b2, 0x4d_a6_e0),
                of(0xe6_9f_00, 0xf0_b2_32),
                of(0x00_9e_73, 0x2e_b8_8e),
                of(0xcc_79_a7, 0xda_96_bc),
                of(0x56_b4_e9, 0x8c_cd_f5),
                of(0xd5_5e_00, 0xf0_7d_32),
                of(0x8c_8c_8c, 0x96_96_96),
            ],
            scale: [
                of(0xde_eb_f7, 0x21_35_4c),
                of(0x42_92_c6, 0x42_92_c6),
                of(0x08_30_6b, 0xcd_e8_ff),
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
