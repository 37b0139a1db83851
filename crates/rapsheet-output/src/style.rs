//! How text may look on the terminal at hand.

/// What the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Columns.
    pub width: usize,
    /// Whether colours are wanted.
    pub color: bool,
    /// Whether letters beyond ASCII are shown.
    pub unicode: bool,
}

impl Default for Style {
    /// 80 columns, no colour, Unicode.
    fn default() -> Self {
        Self {
            width: 80,
            color: false,
            unicode: true,
        }
    }
}

/// What a piece of text means. The text says the same without colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing special.
    #[default]
    Plain,
    /// A heading.
    Strong,
    /// Somebody got in.
    Danger,
    /// Worth a look.
    Warn,
    /// All is well.
    Good,
    /// Secondary.
    Dim,
}

impl Style {
    /// Puts the colour of a tone around safe text, if colours are wanted.
    #[must_use]
    pub fn paint(&self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Strong => "1",
            Tone::Danger => "1;31",
            Tone::Warn => "33",
            Tone::Good => "32",
            Tone::Dim => "2",
            Tone::Plain => "",
        };
        if !self.color || code.is_empty() || text.is_empty() {
            return text.to_owned();
        }
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}
