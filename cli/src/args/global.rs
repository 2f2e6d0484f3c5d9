//! What applies to every command.

use crate::failure::Failure;
use crate::{
    api_url::ApiUrl,
    output::{Fields, Format},
    store::Profile,
};
use clap::Args;
use std::{env, fmt::Display, str::FromStr};

const HEADING: &str = "For every command";

/// What applies to every command.
#[derive(Args, Clone, Debug)]
pub struct Global {
    /// How results are written: table, json or yaml; with json and yaml, errors are documents too
    #[arg(
        long,
        short,
        hide_possible_values = true,
        global = true,
        value_enum,
        default_value_t,
        hide_default_value = true,
        value_name = "FORMAT",
        help_heading = HEADING
    )]
    pub output: Format,
    /// Show only these fields, by their names in --output json, as in name,lifecycle
    #[arg(long, global = true, value_name = "FIELDS", help_heading = HEADING)]
    pub fields: Option<Fields>,
    /// Print only what a script needs: ids, or the --fields without heads; no notes, no progress
    #[arg(long, short, global = true, help_heading = HEADING)]
    pub quiet: bool,
    /// Address of the server [default: the one signed in to last, else http://127.0.0.1:8080]
    #[arg(
        long,
        global = true,
        value_name = "URL",
        value_hint = clap::ValueHint::Url,
        help_heading = HEADING
    )]
    pub api: Option<ApiUrl>,
    /// Work with the server, session and selection of this name, apart from all others
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        add = crate::complete::profiles(),
        help_heading = HEADING
    )]
    pub profile: Option<Profile>,
    /// Make two runs of a changing command one and the same, for a day [default: a new key for each run]
    #[arg(long, global = true, value_name = "KEY", help_heading = HEADING)]
    pub idempotency_key: Option<String>,
}

impl Global {
    /// The server that is named here or by `DBX_API_URL`.
    ///
    /// # Errors
    /// [`Failure::Usage`] if the variable holds something else.
    pub fn api(&self) -> Result<Option<ApiUrl>, Failure> {
        self.api.clone().map_or_else(|| variable("DBX_API_URL"), |api| Ok(Some(api)))
    }

    /// The profile that is named here or by `DBX_PROFILE`, else the default one.
    ///
    /// # Errors
    /// [`Failure::Usage`] if the variable holds something else.
    pub fn profile(&self) -> Result<Profile, Failure> {
        let profile =
            self.profile.clone().map_or_else(|| variable("DBX_PROFILE"), |profile| Ok(Some(profile)));
        Ok(profile?.unwrap_or_default())
    }
}

/// What a variable says; one that is set to nothing says nothing. Not left to clap, whose usage lines would show the option
/// that it stands for as required.
fn variable<T: FromStr<Err: Display>>(name: &str) -> Result<Option<T>, Failure> {
    let Some(text) = env::var(name).ok().filter(|text| !text.is_empty()) else { return Ok(None) };
    text.parse().map(Some).map_err(|error| {
        Failure::Usage(
            format!("{name} is {text:?}, which is not acceptable: {error}"),
            "set it anew, or unset it",
        )
    })
}
