//! What every command works with: the server, the session, the selection, the output.

use crate::{
    api_url::ApiUrl,
    args::Global,
    client::Client,
    failure::{Failure, Reporter},
    output::Output,
    secret::Secret,
    store::{ConfigDir, Credentials, Profile, Selection, Session, Settings},
};
use std::env;

/// Overrides the stored session.
pub(crate) const TOKEN_VARIABLE: &str = "DBX_TOKEN";

/// What every command works with.
pub(crate) struct Context {
    pub(crate) client: Client,
    pub(crate) output: Output,
    pub(crate) directory: ConfigDir,
    pub(crate) profile: Profile,
    pub(crate) selection: Selection,
    pub(crate) session: SessionSource,
    pub(crate) reporter: Reporter,
}

/// Where the session comes from.
#[derive(Debug)]
pub(crate) enum SessionSource {
    /// `DBX_TOKEN`.
    Environment,
    /// `credentials.json`.
    Stored(Session),
    /// There is none.
    None,
}

impl Context {
    /// For commands that work without a session.
    pub(crate) fn open(global: &Global, reporter: &Reporter) -> Result<Self, Failure> {
        let context = Self::silent(global, reporter)?;
        // What programs read is one document, also on stderr.
        if context.api().is_exposed() && context.output.is_for_people() {
            let api = context.api();
            crate::output::say(&format!(
                "warning: {api} is not encrypted; others on the way can read what is sent. Use https://"
            ));
        }
        Ok(context)
    }

    /// For commands that need a session.
    pub(crate) fn signed_in(global: &Global, reporter: &Reporter) -> Result<Self, Failure> {
        let context = Self::open(global, reporter)?;
        match context.session {
            SessionSource::None => Err(context.signed_out()),
            SessionSource::Environment | SessionSource::Stored(_) => Ok(context),
        }
    }

    /// Without a word on stderr.
    pub(crate) fn silent(global: &Global, reporter: &Reporter) -> Result<Self, Failure> {
        let profile = global.profile()?;
        let directory = ConfigDir::from_environment()?.of(&profile);
        let settings = Settings::load(&directory)?;
        let api = global.api()?.or_else(|| settings.api()).unwrap_or_default();
        let (session, token) = session(&directory, &api)?;
        let selection = settings.selection(&api);
        let output = Output::stdout(global.output, global.fields.clone(), global.quiet);
        let client = Client::new(api, token, global.idempotency_key.clone(), reporter.clone());
        let (reporter, output) = (reporter.clone(), output.behind(client.changed()));
        Ok(Self { client, output, directory, profile, selection, session, reporter })
    }

    /// The server.
    pub(crate) const fn api(&self) -> &ApiUrl {
        self.client.api()
    }

    /// Nobody is signed in.
    pub(crate) fn signed_out(&self) -> Failure {
        Failure::SignedOut { api: self.api().to_string(), profile: self.profile.clone() }
    }

    /// Says what a person may want to know besides the result; programs are spared.
    pub(crate) fn note(&self, text: &str) {
        if !self.output.is_silent() {
            let text = self.reporter.circumstances().routed(text);
            crate::output::say(&crate::output::clean(&text));
        }
    }
}

fn session(directory: &ConfigDir, api: &ApiUrl) -> Result<(SessionSource, Option<Secret>), Failure> {
    if let Some(token) = env::var_os(TOKEN_VARIABLE)
        .map(|token| token.to_string_lossy().into_owned())
        .filter(|token| !token.is_empty())
    {
        // What goes into a header; anything else would be left out or blamed on the server.
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            let message = format!("{TOKEN_VARIABLE} is no token: it has characters that no token has");
            return Err(Failure::Usage(message, "copy it again, without blanks or line ends"));
        }
        return Ok((SessionSource::Environment, Some(Secret::new(token))));
    }
    Ok(match Credentials::load(directory)?.session(api) {
        Some(session) => (SessionSource::Stored(session.clone()), Some(session.token.clone())),
        None => (SessionSource::None, None),
    })
}
