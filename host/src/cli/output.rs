//! What commands print: results on standard output, everything else on standard error. Much of it is what servers,
//! authorization servers and plugins say: nothing in it steers the terminal.

use std::io::Write;

use crate::visible::{visible, visible_line};

/// Prints a result. A closed pipe is no fault.
pub(super) fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{}", visible(text));
}

/// Tells what goes on.
pub(super) fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", visible(text));
}

/// Tells why a command was not done.
pub(super) fn complain(text: &str) {
    note(&format!("mcphub: {text}"));
}

/// Rows with aligned columns. A cell stays in its line.
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
