//! Whoever reads stdout, as `head` does in `dbx events --follow | head`.

use crate::exit::Exit;
use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
};
use std::{
    io::{IsTerminal as _, stdout},
    os::fd::AsFd as _,
    process, thread,
};

/// Ends the program as soon as the reader is gone, rather than with the next result, which may never come. A terminal
/// that goes away says so by a signal.
pub(crate) fn end_when_gone() {
    if !stdout().is_terminal() {
        thread::spawn(|| {
            if await_end() {
                process::exit(Exit::Success.code().into());
            }
        });
    }
}

/// Waits until a pipe or socket has no other end. False if that cannot be known.
fn await_end() -> bool {
    let stdout = stdout();
    // Asks for nothing: errors and hang-ups are told in any case.
    let mut watched = [PollFd::new(stdout.as_fd(), PollFlags::empty())];
    loop {
        match poll(&mut watched, PollTimeout::NONE) {
            Err(Errno::EINTR) => {}
            Err(_) => return false,
            Ok(_) => return watched[0].any().unwrap_or(false),
        }
    }
}
