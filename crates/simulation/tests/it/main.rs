//! The simulation of itself: a seed tells one story, every kind of fault strikes, and every mistake on purpose is found.

mod mutants;
mod schedules;
