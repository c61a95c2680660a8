//! The threat table of `docs/security.md`: a test that it names is there, under that name, and is run.

use std::collections::BTreeMap;
use std::fs::read_to_string;
use std::path::{Path, PathBuf};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The rows of the table, without its head: four cells each.
fn rows(document: &str) -> Vec<Vec<&str>> {
    let (_, threats) = document.split_once("\n## Threats\n").expect("the document has threats");
    let (threats, _) = threats.split_once("\n## ").expect("and something after them");
    let lines = threats.lines().filter(|line| line.starts_with("| ")).skip(2);
    lines.map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// What stands in backticks, one after the other.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// The sources of the workspace, with tests in and beside them.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).expect("a folder of the workspace can be read");
    for path in entries.map(|entry| entry.expect("its entries can be read").path()) {
        if path.is_dir() && !path.ends_with("target") {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The names of all tests and of the cases of the contract suites, and whether something ignores them.
fn tests() -> BTreeMap<String, bool> {
    let mut files = Vec::new();
    for folder in ["crates", "bins"] {
        sources(&Path::new(ROOT).join(folder), &mut files);
    }
    let mut tests = BTreeMap::new();
    for file in files {
        let text = read_to_string(&file).expect("a source can be read");
        let of_a_contract =
            file.components().any(|part| part.as_os_str().to_string_lossy().starts_with("contract"));
        let mut attributes = String::new();
        for line in text.lines().map(str::trim) {
            if line.starts_with('#') {
                attributes.push_str(line);
            } else if let Some(name) =
                line.split_once("fn ").and_then(|(_, rest)| rest.split(['(', '<']).next())
            {
                if of_a_contract || attributes.contains("test") {
                    tests.insert(name.to_owned(), attributes.contains("#[ignore"));
                }
                attributes.clear();
            } else if !line.starts_with("//") {
                attributes.clear();
            }
        }
    }
    tests
}

#[test]
fn every_test_that_the_threat_table_names_exists() {
    let document =
        read_to_string(Path::new(ROOT).join("docs/security.md")).expect("docs/security.md is there");
    let (rows, tests) = (rows(&document), tests());
    assert!(rows.len() > 20 && tests.len() > 500, "{} rows, {} tests", rows.len(), tests.len());
    let mut wrong = Vec::new();
    for row in rows {
        let [who, what, _, shown] = row[..] else { panic!("four cells: {row:?}") };
        if quoted(shown).next().is_none() {
            wrong.push(format!("{who}, {what}: no test shows it"));
        }
        for name in quoted(shown) {
            match tests.get(name) {
                Some(false) => {}
                Some(true) => wrong.push(format!("{name} is ignored")),
                None => wrong.push(format!("{name} does not exist")),
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_name_that_no_test_has_is_noticed() {
    let tests = tests();
    assert!(tests.contains_key("every_test_that_the_threat_table_names_exists"));
    assert!(!tests.contains_key("quoted") && !tests.contains_key("no_such_test"));
}
