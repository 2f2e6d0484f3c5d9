//! How a job gets on, on stderr: a moving line on a terminal, plain lines elsewhere, nothing for programs.
//!
//! [`Tracker`] decides what is new; [`Progress`] shows it. Durations come from the server's times, so they are right
//! however seldom it is asked.

mod display;
mod tracker;

pub use display::Progress;
pub use tracker::{StepLine, StepMark, Tracker};
