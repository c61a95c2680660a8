//! The pages, asked as a browser asks them, over the real services, a SQLite file and the simulated Twilio: what a page says,
//! and what the store and the simulator hold after it.

mod numbers;
mod page;
mod world;
