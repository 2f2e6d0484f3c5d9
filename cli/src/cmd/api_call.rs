//! Any call of the API.

use crate::{
    args::{ApiArgs, ApiMethod},
    client::Answer,
    context::Context,
    failure::Failure,
};
use serde_json::Value;
use std::io::{Read as _, stdin, stdout};

pub(super) fn run(context: &Context, args: &ApiArgs) -> Result<(), Failure> {
    let path = path(&args.path)?;
    if args.all {
        return all(context, args, path);
    }
    let body = args.data.as_deref().map(data).transpose()?;
    match context.client.call(args.method.into(), path, body, &mut stdout().lock())? {
        None | Some(Value::Null) => Ok(()),
        Some(body) => context.output.show_document(&body),
    }
}

/// A list to its end, by pages of our own size.
fn all(context: &Context, args: &ApiArgs, path: &str) -> Result<(), Failure> {
    if args.method != ApiMethod::Get || args.data.is_some() {
        let message = "--all reads a list, so it goes with GET and without --data".to_owned();
        return Err(Failure::Usage(message, "leave it out"));
    }
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let query: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    if query.iter().any(|(name, _)| name == "page[token]") {
        let message = "--all begins at the first page, page[token] at another".to_owned();
        return Err(Failure::Usage(message, "leave one of them out"));
    }
    let others = query.iter().filter(|(name, _)| name != "page[size]");
    let query: Vec<(&str, String)> = others.map(|(name, value)| (name.as_str(), value.clone())).collect();
    let Answer { body, .. } = context.client.list_where::<Value>(path, &query, usize::MAX)?;
    context.output.show_document(&body)
}

/// Below `/v1`, whether it was given with it or without.
fn path(text: &str) -> Result<&str, Failure> {
    let path = text.strip_prefix("/v1").filter(|rest| rest.starts_with('/')).unwrap_or(text);
    let is_whole = |c: char| c.is_ascii_graphic();
    match path.starts_with('/') && !path.starts_with("//") && path.chars().all(is_whole) {
        true => Ok(path),
        false => {
            let message = format!("{text:?} is no path");
            Err(Failure::Usage(message, "write it like /orgs or /instances/ID, with %20 for blanks"))
        }
    }
}

fn data(text: &str) -> Result<Vec<u8>, Failure> {
    let bytes = match (text, text.strip_prefix('@')) {
        ("-", _) => {
            let mut bytes = Vec::new();
            stdin().lock().read_to_end(&mut bytes).map_err(|error| Failure::Stream("read stdin", error))?;
            bytes
        }
        (_, Some(file)) => std::fs::read(file)
            .map_err(|error| Failure::Usage(format!("cannot read {file}: {error}"), "check the path"))?,
        (text, None) => text.as_bytes().to_vec(),
    };
    match serde_json::from_slice::<Value>(&bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => {
            Err(Failure::Usage(format!("the body is no JSON: {error}"), "write it like '{\"name\": \"x\"}'"))
        }
    }
}
