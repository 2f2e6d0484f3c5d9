//! The adapter against an in-process emulator.
