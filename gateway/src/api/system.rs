//! Paths for whoever operates the server: is it alive, is it ready, what are its numbers.

use crate::{app::App, http::problem::Problem};
use dbx_sql::{SQL_MIGRATIONS, lease};
use poem::{Response, handler, web::Data};
use std::fmt::Write as _;

/// The process answers.
#[handler]
pub(super) fn healthz() -> &'static str {
    "ok\n"
}

/// The database answers and has the tables that this program expects.
#[handler]
pub(super) async fn readyz(app: Data<&App>) -> poem::Result<&'static str> {
    let migrated = dbx_sql::is_current(app.db(), &[SQL_MIGRATIONS]).await.map_err(Problem::from)?;
    let outdated = dbx_projections::outdated(app.db()).await.map_err(Problem::from)?;
    match migrated && outdated.is_empty() {
        true => Ok("ready\n"),
        false => Err(Problem::not_current(&outdated).into()),
    }
}

/// Numbers in Prometheus text format.
#[handler]
pub(super) async fn metrics(app: Data<&App>) -> Response {
    let mut text = app.metrics().render();
    // Numbers about requests are worth having also while the database is away.
    if let Ok(depth) = lease::depth(app.db()).await {
        let _ = write!(
            text,
            "# HELP dbx_workflow_queue Instances that wait for a worker, and those that have one.\n\
             # TYPE dbx_workflow_queue gauge\n\
             dbx_workflow_queue{{state=\"due\"}} {}\ndbx_workflow_queue{{state=\"leased\"}} {}\n",
            depth.due, depth.leased
        );
    }
    Response::builder().content_type("text/plain; version=0.0.4; charset=utf-8").body(text)
}
