//! Colours: whether, and which. Everything is readable without them.

/// Wraps words in colours, or leaves them alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    is_coloured: bool,
}

impl Style {
    /// With colours or without.
    pub(crate) const fn new(is_coloured: bool) -> Self {
        Self { is_coloured }
    }

    /// True when words are coloured.
    pub(crate) const fn is_coloured(self) -> bool {
        self.is_coloured
    }

    /// For the word that says that something failed.
    pub(crate) fn error(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    /// For the word that says that something is worth knowing.
    pub(crate) fn warning(self, text: &str) -> String {
        self.paint("1;33", text)
    }

    /// For the word before advice.
    pub(crate) fn hint(self, text: &str) -> String {
        self.paint("1;36", text)
    }

    /// For the word that says that something is done.
    pub(crate) fn done(self, text: &str) -> String {
        self.paint("32", text)
    }

    /// For line numbers and frames.
    pub(crate) fn frame(self, text: &str) -> String {
        self.paint("1;34", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.is_coloured {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// True when colours are wanted on a stream that is a terminal or not.
///
/// `NO_COLOR` counts when it is set and not empty (<https://no-color.org>).
pub(crate) fn wants_colour(no_color_flag: bool, is_terminal: bool) -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
    is_terminal && !no_color_flag && !is_set("NO_COLOR") && !is_dumb
}
