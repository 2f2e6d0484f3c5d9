//! The workflow engine, one workflow per file, and the ports that steps act through.
//!
//! A *workflow* is a table of *steps* ([`definition`]). A *run* of it is recorded in its instance's stream; what comes
//! next is a pure function of that record ([`decide`], [`plan`]). A *worker* ([`engine`]) claims an instance, appends
//! that it begins a step, performs it, appends how it went, and so on until the run waits or is over ([`drive`]).
//!
//! Guarantees: whatever dies at whatever moment, the next worker goes on from the log; every effect is observed before
//! it is repeated; a worker that lost its lease can neither report nor begin anything.

pub mod calls;
pub mod care;
pub mod catalogue;
pub mod context;
pub mod create;
pub mod credential;
pub mod database_admin;
pub mod decide;
pub mod definition;
pub mod delete;
pub mod drive;
pub mod engine;
pub mod failpoint;
pub mod failure;
mod flight;
pub mod hypervisor;
pub mod journal;
pub mod limits;
pub mod placement;
pub mod plan;
#[cfg(feature = "planted-bugs")]
pub mod planted;
mod power;
pub mod reboot;
pub mod replay;
mod reserve;
pub mod retry;
pub mod rotate;
pub mod settings;
pub mod simulation;
mod spread;
pub mod start;
pub mod stop;

/// Whether that bug of [`planted`] is switched on; `false` at compile time without the feature `planted-bugs`.
#[macro_export]
macro_rules! planted {
    ($bug:ident) => {{
        #[cfg(feature = "planted-bugs")]
        {
            $crate::planted::is($crate::planted::Bug::$bug)
        }
        #[cfg(not(feature = "planted-bugs"))]
        {
            false
        }
    }};
}
