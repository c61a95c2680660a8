//! The pages of numbers.

mod list;
mod one;
mod recording;
mod release;
