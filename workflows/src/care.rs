//! Care: what is watched and mended beside the runs.
//!
//! The *monitor* asks the servers whether they answer; the *reconciler* compares what the record says with what the
//! cluster holds; the *sampler* measures; the *sweeper* deletes what nobody can use any more. One copy of the server does
//! this for all of them, as long as it holds the duty; a second one that believes to hold it too is harmless, because
//! what it records is decided on the newest state of its stream, and what it changes is looked at first.

pub mod caretaker;
pub mod compare;
pub mod duty;
pub mod firewalls;
pub mod fleet;
pub mod gauges;
pub mod meter;
pub mod monitor;
pub mod reconciler;
pub mod register;
pub mod report;
pub mod sampler;
pub mod schedule;
pub mod sweeper;
pub mod volumes;
