//! Who is asking: passwords, sessions, and what a member may do.

pub(crate) mod access;
pub(crate) mod api_key;
pub(crate) mod change_password;
mod common_passwords;
pub(crate) mod csrf;
pub(crate) mod erasure;
pub(crate) mod hasher;
mod own_words;
pub(crate) mod password;
pub(crate) mod personal_data;
pub(crate) mod principal;
pub(crate) mod proof;
pub(crate) mod session;
pub(crate) mod sign_in;
pub(crate) mod sign_up;
pub(crate) mod throttle;
pub(crate) mod token;
pub(crate) mod use_notes;
