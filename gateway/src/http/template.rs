//! Path templates of the OpenAPI document, such as `/v1/instances/{id}:start`: how requests are named in logs and
//! metrics, and which methods a path allows.

use crate::api::document;
use std::sync::LazyLock;

/// A path of the document.
pub(crate) struct Template {
    /// Its text.
    pub(crate) path: String,
    /// The methods it answers.
    pub(crate) methods: Vec<String>,
}

static TEMPLATES: LazyLock<Vec<Template>> = LazyLock::new(|| {
    document::methods().into_iter().map(|(path, methods)| Template { path, methods }).collect()
});

/// The template that `path` is an instance of.
pub(crate) fn find(path: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|template| matches(&template.path, path))
}

/// What `path` names, such as "member `usr_…` of org `org_…`"; empty if it names nothing that has an id.
pub(crate) fn things_in(path: &str) -> String {
    let Some(template) = find(path) else { return String::new() };
    let segments: Vec<(&str, &str)> = template.path.split('/').zip(path.split('/')).collect();
    let mut things: Vec<String> = segments.windows(2).filter_map(|pair| thing(pair[0].0, pair[1])).collect();
    things.reverse();
    things.join(" of ")
}

/// The path as it may be shown and kept: without the token of an invitation.
pub(crate) fn shown(path: &str) -> String {
    let Some(template) = find(path).filter(|template| template.path.contains("{token}")) else {
        return path.to_owned();
    };
    let segments = template.path.split('/').zip(path.split('/'));
    let segments: Vec<&str> =
        segments.map(|(template, given)| if template == "{token}" { "…" } else { given }).collect();
    segments.join("/")
}

/// The kind is in the segment before the id.
fn thing(collection: &str, (template, given): (&str, &str)) -> Option<String> {
    let (_, suffix) = template.strip_prefix('{')?.split_once('}')?;
    let kind = match collection {
        "apikeys" => "API key",
        // Its token is nobody's business, not even in an error.
        "invitations" if template == "{token}" => return Some("invitation with this token".to_owned()),
        plural => plural.strip_suffix('s').unwrap_or(plural),
    };
    // Cut: it is the client's and may be long.
    let id: String = given.strip_suffix(suffix).unwrap_or(given).chars().take(80).collect();
    Some(format!("{kind} `{id}`"))
}

fn matches(template: &str, path: &str) -> bool {
    let (mut templates, mut segments) = (template.split('/'), path.split('/'));
    loop {
        match (templates.next(), segments.next()) {
            (None, None) => return true,
            (Some(template), Some(segment)) if segment_matches(template, segment) => {}
            _ => return false,
        }
    }
}

fn segment_matches(template: &str, segment: &str) -> bool {
    match template.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        Some((_, "")) => !segment.contains(':'),
        Some((_, suffix)) => segment.len() > suffix.len() && segment.ends_with(suffix),
        None => template == segment,
    }
}

#[cfg(test)]
mod tests {
    use super::{matches, shown, things_in};

    proptest::proptest! {
        /// Any path can be named and shown, within bounds, and a token never is.
        #[test]
        fn any_path_can_be_named(path in "(/v1)?(/(orgs|members|instances|invitations|[^/]{0,200})){0,6}") {
            proptest::prop_assert!(things_in(&path).len() < 1_000);
            let invited = format!("/v1/invitations/dbi_{}/accept", path.replace(['/', ':'], "x"));
            proptest::prop_assert_eq!(shown(&invited), "/v1/invitations/…/accept");
        }
    }

    #[test]
    fn what_a_path_names_is_said_from_the_inside_out() {
        assert_eq!(things_in("/v1/instances/ins_1:start"), "instance `ins_1`");
        assert_eq!(things_in("/v1/orgs/org_1/members/usr_1"), "member `usr_1` of org `org_1`");
        assert_eq!(things_in("/v1/apikeys/key_1"), "API key `key_1`");
        assert_eq!(things_in("/v1/invitations/dbi_secret/accept"), "invitation with this token");
        assert_eq!(shown("/v1/invitations/dbi_secret/accept"), "/v1/invitations/…/accept");
        assert_eq!(shown("/v1/orgs/org_1"), "/v1/orgs/org_1");
        assert_eq!(things_in("/v1/users/me/sessions/ses_1"), "session `ses_1`");
        assert_eq!((things_in("/v1/orgs"), things_in("/nothing")), (String::new(), String::new()));
    }

    #[test]
    fn templates_match_like_the_router() {
        assert!(matches("/v1/instances/{id}", "/v1/instances/ins_1"));
        assert!(matches("/v1/instances/{id}:start", "/v1/instances/ins_1:start"));
        assert!(!matches("/v1/instances/{id}", "/v1/instances/ins_1:start"));
        assert!(!matches("/v1/instances/{id}:start", "/v1/instances/ins_1:stop"));
        assert!(!matches("/v1/instances/{id}", "/v1/instances/ins_1/events"));
    }
}
