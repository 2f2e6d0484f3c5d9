//! A job and its steps in words, the same as the console has them.

/// What a step does; one that is new to this `dbx` is shown by its name.
#[must_use]
pub fn step_name(name: &str) -> String {
    let known = match name {
        "reserve" => "Reserve a place on a node",
        "issue_credentials" => "Issue credentials",
        "clone" => "Clone the template",
        "configure" => "Configure the container",
        "attach_volume" => "Attach the data volume",
        "deliver_env" => "Deliver settings and certificate",
        "start" => "Start the container",
        "await_postgres" => "Wait for Postgres to answer",
        "stop" => "Stop the container",
        "destroy" => "Destroy the container",
        "release" => "Release the place",
        "shred" => "Shred the credentials",
        "issue_credential" => "Issue a new password",
        "apply" => "Set it in Postgres",
        "confirm" => "Sign in with it",
        "retire" => "Retire the old password",
        other => return in_words(other),
    };
    known.to_owned()
}

/// What a job does, as a noun.
#[must_use]
pub fn job_name(kind: &str) -> String {
    match kind {
        "rotate" => "Password rotation".to_owned(),
        other => in_words(other),
    }
}

fn in_words(name: &str) -> String {
    let words = super::clean(&name.replace('_', " "));
    let mut rest = words.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{job_name, step_name};

    #[test]
    fn steps_are_told_in_words_also_those_of_a_newer_server() {
        assert_eq!(step_name("await_postgres"), "Wait for Postgres to answer");
        assert_eq!(step_name("move_volume"), "Move volume");
        assert_eq!(step_name(""), "");
        // A job and one of its steps may have the same name.
        assert_eq!(
            (job_name("start"), step_name("start")),
            ("Start".to_owned(), "Start the container".to_owned())
        );
    }
}
