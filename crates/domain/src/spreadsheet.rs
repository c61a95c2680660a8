//! Text that goes into a spreadsheet's cells and stays text there.

/// With what a spreadsheet begins a formula, or what it takes away before it looks for one. From OWASP's page on CSV
/// injection, with the wide forms of the four signs.
const FORMULA: [char; 11] =
    ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// The same text as a cell that no spreadsheet takes for a formula: with an apostrophe before it, where it begins like one.
pub fn spreadsheet_cell(text: String) -> String {
    if text.starts_with(FORMULA) { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_kept_from_being_one() {
        for text in ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "\u{ff1d}1", "\u{ff20}1"] {
            assert_eq!(spreadsheet_cell(text.to_owned()), format!("'{text}"));
        }
        for text in ["", "1", "a=1", " rent", "'quoted"] {
            assert_eq!(spreadsheet_cell(text.to_owned()), text);
        }
    }
}
