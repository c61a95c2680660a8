//! The simulation of itself: a seed tells one story, every kind of fault strikes, and every mistake on purpose is found.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

mod mutants;
mod schedules;
