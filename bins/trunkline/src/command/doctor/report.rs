//! What the doctor found, for people and for programs.

use std::fmt::Write;

use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    Ok,
    /// Worth knowing; sales go on.
    Warning,
    /// Something does not work.
    Problem,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Finding {
    pub(super) level: Level,
    /// What was looked at: `credentials`, `GB mobile`.
    pub(super) check: String,
    pub(super) message: String,
    pub(super) to_do: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Level::Ok, check, message)
    }

    pub(super) fn warning(check: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Level::Warning, check, message)
    }

    pub(super) fn problem(check: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Level::Problem, check, message)
    }

    fn new(level: Level, check: impl Into<String>, message: impl Into<String>) -> Self {
        Self { level, check: check.into(), message: message.into(), to_do: None }
    }

    /// What mends it.
    pub(super) fn cured_by(self, to_do: impl Into<String>) -> Self {
        Self { to_do: Some(to_do.into()), ..self }
    }
}

/// Everything that was found, in the order in which it was looked at.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) findings: Vec<Finding>,
}

impl Report {
    pub(super) fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Whether there is no problem; warnings are none.
    pub(super) fn is_ok(&self) -> bool {
        self.findings.iter().all(|finding| finding.level < Level::Problem)
    }

    /// A line for each finding, and a last one that sums up.
    pub(super) fn text(&self) -> String {
        let width = self.findings.iter().map(|finding| finding.check.chars().count()).max().unwrap_or(0);
        let mut text = String::new();
        for Finding { level, check, message, to_do } in &self.findings {
            let level = match level {
                Level::Ok => "ok",
                Level::Warning => "warning",
                Level::Problem => "problem",
            };
            let to_do = to_do.as_ref().map(|to_do| format!(" To do: {to_do}.")).unwrap_or_default();
            let _ = writeln!(text, "{level:<8} {check:<width$}  {message}.{to_do}");
        }
        let count = |level| self.findings.iter().filter(|finding| finding.level == level).count();
        let (problems, warnings) = (count(Level::Problem), count(Level::Warning));
        let sum = match (problems, warnings) {
            (0, 0) => "Everything is well.".to_owned(),
            (problems, warnings) => format!("Problems: {problems}. Warnings: {warnings}."),
        };
        text + &sum
    }

    /// The same for programs.
    pub(super) fn json(&self) -> serde_json::Result<String> {
        #[derive(Serialize)]
        struct Document<'a> {
            ok: bool,
            findings: &'a [Finding],
        }
        serde_json::to_string_pretty(&Document { ok: self.is_ok(), findings: &self.findings })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let findings = vec![
            Finding::ok("prices", "9 prices are good"),
            Finding::warning("account", "it is on trial").cured_by("upgrade it"),
            Finding::problem("GB mobile", "an approved bundle is needed").cured_by("make one"),
        ];
        Report { findings }
    }

    #[test]
    fn people_read_a_line_each() {
        assert_eq!(
            report().text(),
            "ok       prices     9 prices are good.\n\
             warning  account    it is on trial. To do: upgrade it.\n\
             problem  GB mobile  an approved bundle is needed. To do: make one.\n\
             Problems: 1. Warnings: 1."
        );
        let well = Report { findings: vec![Finding::ok("prices", "good")] };
        assert!(well.text().ends_with("Everything is well."));
    }

    #[test]
    fn programs_read_json() {
        let json: serde_json::Value = serde_json::from_str(&report().json().unwrap()).unwrap();
        assert_eq!(json["ok"], false);
        assert_eq!(json["findings"][1]["level"], "warning");
        assert_eq!(json["findings"][2]["toDo"], "make one");
    }

    #[test]
    fn warnings_are_no_failure() {
        let mut report = report();
        report.findings.pop();
        assert!(report.is_ok());
    }
}
