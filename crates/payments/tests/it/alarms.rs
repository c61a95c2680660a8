//! A board that remembers what was raised and what was ended.

use std::sync::Mutex;

use trunkline_alarms::{Alarm, AlarmBoard, Onset};

#[derive(Debug, Default)]
pub(crate) struct Heard {
    raised: Mutex<Vec<String>>,
    ended: Mutex<Vec<String>>,
}

impl Heard {
    /// Which alarms, each with its subject.
    pub(crate) fn raised(&self) -> Vec<String> {
        self.raised.lock().unwrap().clone()
    }

    pub(crate) fn ended(&self) -> Vec<String> {
        self.ended.lock().unwrap().clone()
    }
}

impl AlarmBoard for Heard {
    fn raise(&self, onset: Onset) {
        self.raised.lock().unwrap().push(format!("{} {}", onset.alarm, onset.subject));
    }

    fn end(&self, alarm: Alarm, subject: &str) {
        self.ended.lock().unwrap().push(format!("{alarm} {subject}"));
    }
}
