//! Source text in lines of bearable length.

/// Columns of a line.
const WIDTH: usize = 120;

/// A piece of source: on one line where it fits, else one item a line.
pub(super) enum Layout {
    /// A word that is never broken over lines.
    Word(String),
    /// What stands before a piece.
    Labelled(String, Box<Layout>),
    /// Items in brackets; blanks within the brackets where they are on one line.
    Group { open: String, items: Vec<Layout>, close: String, airy: bool },
}

impl Layout {
    pub(super) fn word(text: impl Into<String>) -> Self {
        Self::Word(text.into())
    }

    pub(super) fn labelled(label: impl Into<String>, piece: Self) -> Self {
        Self::Labelled(label.into(), Box::new(piece))
    }

    pub(super) fn group(open: impl Into<String>, items: Vec<Self>, close: impl Into<String>) -> Self {
        Self::Group { open: open.into(), items, close: close.into(), airy: false }
    }

    /// The text, with so many columns for a step inwards.
    pub(super) fn text(&self, step: usize) -> String {
        let mut text = String::new();
        self.write(&mut text, 0, step);
        text
    }

    fn write(&self, text: &mut String, inwards: usize, step: usize) {
        let column = text.rsplit('\n').next().map_or(0, |line| line.chars().count());
        let inline = self.inline();
        // A bracket, a comma and a semicolon may follow.
        if column + inline.chars().count() + 3 <= WIDTH {
            text.push_str(&inline);
            return;
        }
        match self {
            Self::Word(word) => text.push_str(word),
            Self::Labelled(label, piece) => {
                text.push_str(label);
                piece.write(text, inwards, step);
            }
            Self::Group { open, items, close, .. } => {
                text.push_str(open);
                for item in items {
                    new_line(text, inwards + step);
                    item.write(text, inwards + step, step);
                    text.push(',');
                }
                new_line(text, inwards);
                text.push_str(close);
            }
        }
    }

    fn inline(&self) -> String {
        match self {
            Self::Word(word) => word.clone(),
            Self::Labelled(label, piece) => format!("{label}{}", piece.inline()),
            Self::Group { open, items, close, airy } => {
                let items: Vec<String> = items.iter().map(Self::inline).collect();
                let air = if *airy && !items.is_empty() { " " } else { "" };
                format!("{open}{air}{}{air}{close}", items.join(", "))
            }
        }
    }
}

fn new_line(text: &mut String, inwards: usize) {
    text.push('\n');
    text.push_str(&" ".repeat(inwards));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(items: &[&str]) -> Layout {
        Layout::group("[", items.iter().copied().map(Layout::word).collect(), "]")
    }

    #[test]
    fn what_fits_stands_on_one_line() {
        assert_eq!(Layout::labelled("names = ", list(&["a", "b"])).text(4), "names = [a, b]");
    }

    #[test]
    fn what_does_not_fit_has_a_line_for_each_item_and_no_more_than_that() {
        let long = "x".repeat(70);
        let inner = Layout::labelled("inner: ", list(&["a", "b"]));
        let whole = Layout::group("{", vec![Layout::word(long.clone()), Layout::word(long.clone()), inner], "}");

        assert_eq!(whole.text(4), format!("{{\n    {long},\n    {long},\n    inner: [a, b],\n}}"));
    }
}
