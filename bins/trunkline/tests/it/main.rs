//! End to end: the real binary, the simulated Twilio over real HTTP, a database of its own for each test.

mod cli;
mod concurrency;
mod doctor;
mod dropped;
mod failures;
mod journey;
mod process;
mod stage;
