//! Paths for whoever operates the server: is it alive, is it ready, what are its numbers.

use crate::{app::App, http::problem::Problem};
use dbx_projections::follow::{self, Standing};
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
    let _ = write!(
        text,
        "# HELP dbx_activity_streams Streams of live activity.\n# TYPE dbx_activity_streams gauge\n\
         dbx_activity_streams {}\n",
        app.live().streams()
    );
    if let Ok(standings) = follow::standings(app.db()).await {
        write_standings(&standings, &mut text);
    }
    Response::builder().content_type("text/plain; version=0.0.4; charset=utf-8").body(text)
}

/// How far the followers of the feed are. Writing to a String cannot fail.
fn write_standings(standings: &[Standing], text: &mut String) {
    type Number = fn(&Standing) -> f64;
    let numbers: [(&str, &str, Number); 3] = [
        ("lag_events", "Events that the projection has not applied, counted up to 100,000.", |one| {
            (one.lag.readable + one.lag.held_back) as f64
        }),
        ("lag_seconds", "Age of the oldest of them.", |one| one.lag.age.as_secs_f64()),
        ("stopped", "1 if the projection stopped before an event that it cannot apply.", |one| {
            f64::from(u8::from(one.stopped.is_some()))
        }),
    ];
    for (name, help, number) in numbers {
        let _ = writeln!(text, "# HELP dbx_projection_{name} {help}\n# TYPE dbx_projection_{name} gauge");
        for standing in standings {
            let _ = writeln!(
                text,
                "dbx_projection_{name}{{projection=\"{}\"}} {}",
                standing.name,
                number(standing)
            );
        }
    }
}
