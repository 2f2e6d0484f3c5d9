//! What the generator leaves out: what each parameter means, and which errors an operation answers with.
//!
//! Guarantee: both are derived from the operation itself, so that one that is added needs no line here, unless it brings
//! a parameter of a new name; that one stays without a description and fails a test.

use dbx_domain::{instance::InstanceEvent, org::OrgEvent};
use serde_json::{Map, Value, json};

/// Parameters by name: what they mean, and an example.
const PARAMETERS: [(&str, &str, &str); 11] = [
    ("orgId", "Id of the org.", "org_01kaj6w2c4f6r8m9q3v5x7z1bd"),
    ("projectId", "Id of the project.", "prj_01kaj6w2c4f6r8m9q3v5x7z1bd"),
    ("userId", "Id of the member's account.", "usr_01kaj6w2c4f6r8m9q3v5x7z1bd"),
    ("id", "Its id.", ""),
    ("token", "The token at the end of the invitation's link.", "dbi_…"),
    ("page[size]", "Most items of the page; 50 if absent.", "50"),
    ("page[token]", "`nextPageToken` of the page before; the first page if absent.", ""),
    ("wait", "Hold the answer back until the job is over, at most so many seconds.", "30"),
    ("window", "How far back; an hour if absent.", "1h"),
    (
        "Idempotency-Key",
        "1 to 255 visible ASCII characters, new for each new request. Sent again with the same key within 24 hours, the \
         request is answered again and not done again.",
        "6f1c0a5e-create-prod-db",
    ),
    ("If-Match", "`ETag` of what was read, or `*`: nothing is done if it has been changed since.", "\"12\""),
];

/// Completes an operation.
pub(super) fn operation(operation: &mut Value) {
    if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
        parameters.iter_mut().for_each(describe);
    }
    if operation["operationId"] == "exportAuditLog" {
        // The generator knows one content type for each status.
        let answer = &mut operation["responses"]["200"];
        answer["content"]["application/x-ndjson"] = answer["content"]["text/csv"].clone();
        answer["description"] =
            json!("Oldest first: JSON lines, each as in the list, or comma-separated values.");
    }
    let errors = errors(operation);
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    let Some(document) = responses.get("default").map(|default| default["content"].clone()) else { return };
    for (status, description) in errors {
        responses.entry(status).or_insert_with(|| json!({ "description": description, "content": document }));
    }
}

/// What filters and points in time look like.
fn shape(parameter: &mut Value) {
    let in_query = parameter["in"] == "query";
    let (pattern, example) = match parameter["name"].as_str() {
        Some("projectId") if in_query => ("^prj_[0-7][0-9a-hjkmnp-tv-z]{25}$", ""),
        Some("instanceId") if in_query => ("^ins_[0-7][0-9a-hjkmnp-tv-z]{25}$", ""),
        Some("actor" | "action" | "resource") => (r"^[^\u0000]*$", ""),
        Some("from" | "to" | "at") => ("", "2026-11-24T09:00:00Z"),
        Some("lastEventId" | "Last-Event-ID") => ("^[0-9]{39}$", ""),
        _ => ("", ""),
    };
    if !pattern.is_empty() {
        parameter["schema"]["pattern"] = json!(pattern);
    }
    if !example.is_empty() {
        parameter["example"] = json!(example);
    }
}

fn describe(parameter: &mut Value) {
    shape(parameter);
    let Some((name, description, example)) =
        PARAMETERS.into_iter().find(|(name, _, _)| parameter["name"] == *name)
    else {
        return;
    };
    if parameter["description"].is_null() {
        parameter["description"] = json!(description);
    }
    if parameter["schema"]["type"] == "integer" {
        parameter["example"] = example.parse::<u32>().map_or(Value::Null, Value::from);
    } else if !example.is_empty() {
        parameter["example"] = json!(example);
    }
    match name {
        "Idempotency-Key" => parameter["schema"]["pattern"] = json!("^[!-~]{1,255}$"),
        "If-Match" => {
            parameter["schema"]["pattern"] = json!(ENTITY_TAGS);
            parameter["schema"]["minLength"] = json!(1);
        }
        _ => {}
    }
}

/// `*`, or entity tags; ours have no comma inside.
const ENTITY_TAGS: &str = r#"^(\*|(W/)?"[!#-+\--~]*"(, ?(W/)?"[!#-+\--~]*"){0,15})$"#;

/// Fields of bodies by name: what the generator cannot know of them.
fn rules(name: &str) -> Value {
    match name {
        "email" => {
            json!({ "pattern": r"^[^\s@\u0000-\u001f\u007f-\u009f]{1,64}@[^\s@.\u0000-\u001f\u007f-\u009f][^\s@\u0000-\u001f\u007f-\u009f]*\.([^\s@\u0000-\u001f\u007f-\u009f]*[^\s@.\u0000-\u001f\u007f-\u009f])$",
                           "example": "ada@example.com" })
        }
        // At least one character that shows, and no control characters.
        "displayName" => json!({ "pattern": DISPLAY_NAME, "example": "Ada Lovelace" }),
        "orgId" => json!({ "pattern": "^org_[0-7][0-9a-hjkmnp-tv-z]{25}$" }),
        "plan" => json!({ "pattern": "^(nano|lite|pro|pro-heavy)$", "example": "pro" }),
        "pgVersion" => json!({ "minimum": 16, "maximum": 18, "example": 17 }),
        "diskGiB" => json!({ "example": 100 }),
        "url" => json!({ "pattern": WEBHOOK_URL, "example": "https://hooks.example.com/dbxyz" }),
        "events" => {
            let names: Vec<_> = OrgEvent::NAMES.iter().chain(InstanceEvent::NAMES).collect();
            json!({ "items": { "type": "string", "enum": names },
                    "example": ["InstanceRequested", "WorkflowFinished"] })
        }
        "description" => json!({ "pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$" }),
        "tags" => json!({ "maxProperties": 32, "example": { "env": "prod" } }),
        _ => Value::Null,
    }
}

/// `https` and a name that can be looked up. Numeric addresses are taken too if they are public, which no pattern says.
const WEBHOOK_URL: &str = r"^https://([a-zA-Z0-9]([a-zA-Z0-9-]{0,20}[a-zA-Z0-9])?\.){1,8}[a-zA-Z]{2,20}(:[1-9][0-9]{0,3})?(/[a-zA-Z0-9._~-]{0,60}){0,16}(\?[a-zA-Z0-9._~=&-]{0,400})?$";

const DISPLAY_NAME: &str =
    r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$";

/// Completes a field of a body. `required`: it must be there; others may also be null, which is as if absent.
pub(super) fn field(name: &str, schema: &mut Value, required: bool) {
    // Names of orgs, people and keys are for people; names with a pattern are host names.
    let name = match name {
        "name" if schema["pattern"].is_null() => "displayName",
        "name" => "resource",
        other => other,
    };
    if let (Value::Object(rules), Some(fields)) = (rules(name), schema.as_object_mut()) {
        fields.extend(rules);
    }
    if !required && let Some(fields) = schema.as_object_mut() {
        fields.insert("nullable".to_owned(), Value::Bool(true));
    }
}

/// Says of unsigned numbers that they are, wherever they stand: the generator says it only by their format, which is
/// not a rule of OpenAPI.
pub(super) fn unsigned(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let is_unsigned =
                fields.get("format").and_then(Value::as_str).is_some_and(|f| f.starts_with("uint"));
            if is_unsigned {
                fields.entry("minimum").or_insert_with(|| json!(0));
            }
            if fields.get("format").is_some_and(|format| format == "uint32") {
                fields.entry("maximum").or_insert_with(|| json!(u32::MAX));
            }
            fields.values_mut().for_each(unsigned);
        }
        Value::Array(items) => items.iter_mut().for_each(unsigned),
        _ => {}
    }
}

/// The statuses of its problems, by what it takes.
fn errors(operation: &Value) -> Vec<(&'static str, &'static str)> {
    let parameters = || operation["parameters"].as_array().into_iter().flatten();
    let takes = |name: &str| parameters().any(|parameter| parameter["name"] == name);
    let reads_path = parameters().any(|parameter| parameter["in"] == "path");
    let has_body = operation["requestBody"].is_object();
    let changes = takes("Idempotency-Key") || has_body;
    let signed_in = operation["security"].as_array().is_some_and(|security| !security.is_empty());
    let cases = [
        (signed_in || has_body, "400", "Body or headers are not well-formed."),
        (signed_in || has_body, "401", "No valid session, key or password came with it."),
        (signed_in, "403", "The role, or the kind of credential, does not allow it."),
        (
            reads_path || takes("orgId") || (has_body && signed_in),
            "404",
            "It does not exist, or not for the caller.",
        ),
        (has_body, "408", "The body did not arrive in time."),
        (changes || reads_path, "409", "Not possible in the present state; `code` and `detail` say why."),
        (takes("If-Match"), "412", "It was changed since it was read."),
        (has_body, "413", "The body is too large."),
        (has_body, "415", "The body is not JSON by its Content-Type."),
        (has_body || parameters().next().is_some(), "422", "Values are not acceptable; `errors` lists them."),
        (true, "429", "Too many requests; `Retry-After` says when to try again."),
        (true, "503", "Temporarily unavailable; `Retry-After` says when to try again."),
    ];
    cases.into_iter().filter(|(applies, ..)| *applies).map(|(_, status, text)| (status, text)).collect()
}

/// The declared form of a parameter, with references resolved.
pub(super) fn schema_of(document: &Value, template: &str, name: &str) -> Option<Map<String, Value>> {
    let operations = document["paths"].get(template)?.as_object()?.values();
    let mut parameters = operations.filter_map(|operation| operation["parameters"].as_array()).flatten();
    let schema = &parameters.find(|parameter| parameter["name"] == name)?["schema"];
    let resolved = match schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
        Some(pointer) => document.pointer(pointer)?,
        None => schema,
    };
    resolved.as_object().cloned()
}
