//! What commands print: results to standard output, everything else to standard error. Much of it comes from servers,
//! authorization servers and plugins, so control characters are shown as text.

use std::io::Write;

use crate::visible::{visible, visible_line};

/// Prints a result. A closed pipe is not an error.
pub(super) fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{}", visible(text));
}

/// Prints a note about what happens.
pub(super) fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", visible(text));
}

/// Prints why the command failed.
pub(super) fn complain(text: &str) {
    note(&format!("mcphub: {text}"));
}

/// Rows as text with aligned columns. A line break in a cell is shown as text.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| visible_line(cell).into_owned()).collect()).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_with_line_breaks_forges_no_row() {
        assert_eq!(
            table(&[vec!["a\nb  connected".to_owned(), "c\u{1b}[2J".to_owned()]]),
            "a\\nb  connected  c\\u001b[2J"
        );
    }

    #[test]
    fn columns_are_aligned() {
        let rows = [vec!["a".to_owned(), "bc".to_owned()], vec!["def".to_owned(), "g".to_owned()]];

        assert_eq!(table(&rows), "a    bc\ndef  g");
    }
}
