//! Rules of the repository that no compiler checks: who may depend on whom, where SQL may stand, how long things may
//! grow, and that every module says what it is for.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failing test panics")]

mod dependencies;
mod sources;
mod style;
