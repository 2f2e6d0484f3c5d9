//! For tests of other crates: the ports over an in-process emulator.
