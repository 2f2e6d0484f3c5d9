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
    use super::matches;

    #[test]
    fn templates_match_like_the_router() {
        assert!(matches("/v1/instances/{id}", "/v1/instances/ins_1"));
        assert!(matches("/v1/instances/{id}:start", "/v1/instances/ins_1:start"));
        assert!(!matches("/v1/instances/{id}", "/v1/instances/ins_1:start"));
        assert!(!matches("/v1/instances/{id}:start", "/v1/instances/ins_1:stop"));
        assert!(!matches("/v1/instances/{id}", "/v1/instances/ins_1/events"));
    }
}
