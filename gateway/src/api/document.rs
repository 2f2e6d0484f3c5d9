//! The OpenAPI document, as clients see it.
//!
//! poem-openapi generates it; here it is put right where the generator cannot know better: internal paths `x/~verb`
//! become `x:verb`; in answers every field is always there, null where it has no value; bodies have no other fields
//! than the declared ones; parameters say what they mean and operations which errors they answer with.

mod complete;

use super::service;
use poem::{Response, handler, http::header};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, sync::LazyLock};

static DOCUMENT: LazyLock<String> = LazyLock::new(openapi_json);
static PARSED: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(&DOCUMENT).unwrap_or_default());
static PAGE: LazyLock<String> = LazyLock::new(|| {
    // The generator's page with its document replaced by the corrected one.
    service().swagger_ui_html().replace(&service().spec(), &DOCUMENT)
});

/// The document as checked in under `gateway/openapi.json`: pretty-printed, with a final line feed.
pub fn openapi_json() -> String {
    // The generator's own output always parses; were it not so, the freshness test would show the null.
    let mut document: Value = serde_json::from_str(&service().spec()).unwrap_or_default();
    if let Some(paths) = document["paths"].as_object_mut() {
        *paths =
            std::mem::take(paths).into_iter().map(|(path, item)| (path.replace("/~", ":"), item)).collect();
    }
    respell(&mut document["paths"]);
    let items = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    items.filter_map(Value::as_object_mut).flat_map(Map::values_mut).for_each(complete::operation);
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        for (name, schema) in schemas {
            correct(name, schema);
        }
    }
    complete::unsigned(&mut document);
    format!("{:#}\n", sorted(document))
}

/// Keys in order, whatever map serde_json was built with: its `preserve_order` may be on in one build and off in
/// another, and the checked-in file must not depend on that.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<String, Value> = fields.into_iter().collect();
            Value::Object(fields.into_iter().map(|(name, value)| (name, sorted(value))).collect())
        }
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        other => other,
    }
}

/// Keys as the generator spells them, and as everybody else does. It adds a charset that JSON has no use for
/// (RFC 8259 §11) and writes header names in capitals.
const SPELLINGS: [(&str, &str); 7] = [
    ("application/json; charset=utf-8", "application/json"),
    ("CACHE-CONTROL", "Cache-Control"),
    ("CONTENT-DISPOSITION", "Content-Disposition"),
    ("ETAG", "ETag"),
    ("LOCATION", "Location"),
    ("SET-COOKIE", "Set-Cookie"),
    ("X-ACCEL-BUFFERING", "X-Accel-Buffering"),
];

fn respell(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (generated, usual) in SPELLINGS {
                if let Some(field) = fields.remove(generated) {
                    fields.insert(usual.to_owned(), field);
                }
            }
            fields.values_mut().for_each(respell);
        }
        Value::Array(items) => items.iter_mut().for_each(respell),
        _ => {}
    }
}

fn correct(name: &str, schema: &mut Value) {
    if schema["type"] != "object" || !schema["properties"].is_object() {
        return;
    }
    if name.ends_with("Request") {
        schema["additionalProperties"] = json!(false);
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for (name, field) in schema["properties"].as_object_mut().into_iter().flatten() {
            complete::field(name, field, required.contains(&json!(name)));
        }
    } else if !name.starts_with("Problem") {
        always_there(schema);
    }
}

/// Marks what is optional in Rust as nullable, and everything as required: that is what is sent.
fn always_there(schema: &mut Value) {
    let required: Vec<Value> = schema["required"].as_array().cloned().unwrap_or_default();
    let Some(properties) = schema["properties"].as_object_mut() else { return };
    for (name, property) in properties.iter_mut() {
        if !required.contains(&json!(name)) {
            *property = nullable(property.take());
        }
    }
    let names: Vec<&String> = properties.keys().collect();
    schema["required"] = json!(names);
}

/// OpenAPI 3.0 ignores what stands beside a `$ref`, so a reference is wrapped.
fn nullable(property: Value) -> Value {
    let mut fields = match property {
        Value::Object(fields) if !fields.contains_key("$ref") => fields,
        reference => Map::from_iter([("allOf".to_owned(), json!([reference]))]),
    };
    fields.insert("nullable".to_owned(), Value::Bool(true));
    Value::Object(fields)
}

/// Every path of the document with its methods, for `Allow`.
pub(crate) fn methods() -> Vec<(String, Vec<String>)> {
    let paths = PARSED["paths"].as_object().cloned().unwrap_or_default();
    let methods =
        |item: &Value| item.as_object().into_iter().flatten().map(|(m, _)| m.to_uppercase()).collect();
    paths.iter().map(|(path, item)| (path.clone(), methods(item))).collect()
}

/// Names of the query parameters that a method of `template` declares.
pub(crate) fn query_parameters(template: &str, method: &str) -> Vec<String> {
    let declared = PARSED["paths"][template][method]["parameters"].as_array().into_iter().flatten();
    let in_query = declared.filter(|parameter| parameter["in"] == "query");
    in_query.filter_map(|parameter| parameter["name"].as_str().map(str::to_owned)).collect()
}

/// The declared form of a parameter of `template`.
pub(crate) fn parameter(template: &str, name: &str) -> Option<Map<String, Value>> {
    complete::schema_of(&PARSED, template, name)
}

/// Serves the document.
#[handler]
pub(super) fn openapi() -> Response {
    Response::builder().content_type("application/json").body(DOCUMENT.as_str())
}

/// The page is one file: its scripts and styles are in it, and it may load nothing from anywhere. Requests that are tried
/// out go to this server alone.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; \
    font-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Serves the documentation page; all its assets are inside it, so it works without a network.
#[handler]
pub(super) fn docs_page() -> Response {
    Response::builder()
        .content_type("text/html; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-cache")
        .header(header::CONTENT_SECURITY_POLICY, PAGE_POLICY)
        .body(PAGE.as_str())
}
