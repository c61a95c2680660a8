//! The runbook has a section for every alarm, and no other.

use std::collections::BTreeSet;

use trunkline_alarms::Alarm;

const OPERATIONS: &str = include_str!("../../../../docs/operations.md");

#[test]
fn the_runbook_has_a_section_for_every_alarm_and_no_other() {
    let (_, rest) = OPERATIONS.split_once("\n## Alarms in the log\n").expect("the runbook");
    let runbook = rest.split("\n## ").next().unwrap();
    let sections: Vec<&str> = runbook.split("\n### ").skip(1).collect();
    let named: BTreeSet<&str> = sections.iter().filter_map(|section| section.lines().next()).collect();
    let alarms: BTreeSet<&str> = Alarm::ALL.into_iter().map(Alarm::as_str).collect();
    assert_eq!(named, alarms, "the sections (left) and the alarms (right) differ");
    assert_eq!(sections.len(), alarms.len(), "each has one section");
    for section in sections {
        let name = section.lines().next().unwrap();
        for part in ["**What happened.**", "**Is money at risk?**", "**What to do.**", "**It ends**"] {
            assert!(section.contains(part), "{name} lacks {part}");
        }
    }
}
