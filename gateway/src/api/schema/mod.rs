//! The shapes of requests and answers, as the OpenAPI document declares them. JSON is camelCase.

pub(crate) mod account;
pub(crate) mod activity;
pub(crate) mod api_key;
pub(crate) mod audit;
pub(crate) mod connection;
pub(crate) mod event;
pub(crate) mod evidence;
pub(crate) mod instance;
pub(crate) mod job;
pub(crate) mod member;
pub(crate) mod metrics;
pub(crate) mod org;
pub(crate) mod pace;
pub(crate) mod personal_data;
pub(crate) mod plan;
pub(crate) mod project;
pub(crate) mod quota;
pub(crate) mod session;
pub(crate) mod usage;
pub(crate) mod webhook;
pub(crate) mod why;
pub(crate) mod words;

use poem_openapi::{
    Object,
    types::{ParseFromJSON, ToJSON, Type},
};

/// One page of a list.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct Page<T: Type + ParseFromJSON + ToJSON + Send + Sync> {
    /// The items, in a stable order.
    pub(crate) data: Vec<T>,
    /// Goes into `page[token]` to get the next page; null on the last one.
    pub(crate) next_page_token: Option<String>,
}
