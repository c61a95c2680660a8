//! `docs/error-codes.md` explains every code, and no other.

use std::collections::BTreeSet;
use std::path::Path;

use trunkline_http::ErrorCode;

#[test]
fn every_code_has_its_section() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/error-codes.md");
    let document = std::fs::read_to_string(path).unwrap();
    let sections = document.split("\n## ").skip(1).map(|section| section.split_once('\n').unwrap());
    let mut explained = BTreeSet::new();
    for (code, text) in sections {
        assert!(explained.insert(code), "{code} stands twice");
        let code =
            *ErrorCode::ALL.iter().find(|known| known.as_str() == code).unwrap_or_else(|| panic!("{code}"));
        assert!(text.contains(&format!("HTTP {}", code.status().as_u16())), "{code:?} has another status");
        for part in ["**What happened.**", "**Money.**", "**What to do.**"] {
            assert!(text.contains(part), "{code:?} lacks {part}");
        }
    }
    let known: BTreeSet<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(explained, known);
}
