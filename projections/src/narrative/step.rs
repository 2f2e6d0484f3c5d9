//! Steps of runs in plain words, the same wherever a person reads of them.

use dbx_domain::instance::StepName;
use std::borrow::Cow;

/// What is being done in each step, for "Creating db: cloning the template".
const WORDS: [(&str, &str); 16] = [
    ("reserve", "reserving a place on a node"),
    ("issue_credentials", "issuing credentials"),
    ("clone", "cloning the template"),
    ("configure", "configuring the container"),
    ("attach_volume", "attaching the data volume"),
    ("deliver_env", "delivering settings and certificate"),
    ("start", "starting the container"),
    ("await_postgres", "waiting for Postgres to answer"),
    ("stop", "stopping the container"),
    ("destroy", "destroying the container"),
    ("release", "releasing its place"),
    ("shred", "shredding its secrets"),
    ("issue_credential", "making a new password"),
    ("apply", "setting the new password in Postgres"),
    ("confirm", "signing in with the new password"),
    ("retire", "retiring the old password"),
];

/// What is being done in a step, in lower case. A step that only another version of the product has is shown by its
/// name.
pub fn doing(step: &StepName) -> Cow<'static, str> {
    match words(step.as_str()) {
        Some(words) => Cow::Borrowed(words),
        None => Cow::Owned(format!("step {}", step.as_str().replace('_', " "))),
    }
}

/// As [`doing`], to begin a sentence with.
pub fn doing_first(step: &StepName) -> String {
    let doing = doing(step);
    let mut letters = doing.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The words for a step of this name, if there are any.
pub fn words(name: &str) -> Option<&'static str> {
    WORDS.iter().find(|(known, _)| *known == name).map(|(_, words)| *words)
}

/// Why a run was parked, as the log has it, with the step's words in the place of its name.
///
/// The log keeps the engine's own sentence, which names the step and says what the cluster answered; a sentence of
/// another form, from another version, stays as it is.
pub fn parked(reason: &str) -> Cow<'_, str> {
    let failed = |rest: &str, undone: &str| {
        let (step, answer) = rest.split_once(" failed: ")?;
        Some(format!("{undone}{} failed: {answer}", words(step)?))
    };
    let late = |step: &str| Some(format!("not over by its deadline, while {}", words(step)?));
    let told = reason
        .strip_prefix("step ")
        .and_then(|rest| failed(rest, ""))
        .or_else(|| failed(reason.strip_prefix("undoing ")?, "undoing what it did in "))
        .or_else(|| late(reason.strip_prefix("not over by its deadline; it was at step ")?));
    told.map_or(Cow::Borrowed(reason), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_steps_have_words_and_others_their_name() {
        assert_eq!(doing(&StepName::new("await_postgres")), "waiting for Postgres to answer");
        assert_eq!(doing_first(&StepName::new("clone")), "Cloning the template");
        assert_eq!(doing_first(&StepName::new("resize_disk")), "Step resize disk");
    }

    #[test]
    fn why_a_run_was_parked_is_told_in_words_and_an_unknown_form_as_it_is() {
        for (reason, told) in [
            ("step clone failed: CT is locked", "cloning the template failed: CT is locked"),
            ("undoing start failed: no", "undoing what it did in starting the container failed: no"),
            (
                "not over by its deadline; it was at step stop",
                "not over by its deadline, while stopping the container",
            ),
            ("step resize_disk failed: no", "step resize_disk failed: no"),
            ("the moon is full", "the moon is full"),
        ] {
            assert_eq!(parked(reason), told);
        }
    }
}
