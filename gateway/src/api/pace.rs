//! How fast this installation is, for everybody to see.
//!
//! Guarantee: however often it is asked, the database is asked once in [`FRESH`]; nothing in the answer leads to
//! anybody.

use super::{Answer, Tag, schema::pace::Pace};
use crate::app::App;
use dbx_projections::jobs::{CreatePace, create_pace};
use poem::web::Data;
use poem_openapi::{OpenApi, payload::Json};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How long a measurement is shown.
const FRESH: Duration = Duration::from_secs(15);

/// The newest measurement, and when it was made.
#[derive(Default)]
pub(crate) struct Measured(Mutex<Option<(Instant, CreatePace)>>);

/// Pace operations.
pub(super) struct PaceApi;

#[OpenApi(tag = "Tag::Plans")]
impl PaceApi {
    /// How long creates took here lately.
    ///
    /// From the order to a server that answers. Open to everybody; measured anew every few seconds.
    #[oai(path = "/pace", method = "get", operation_id = "getPace")]
    async fn get(&self, app: Data<&App>) -> Answer<Json<Pace>> {
        // Held while measuring: whoever asks meanwhile waits for the same measurement.
        let mut newest = app.measured().0.lock().await;
        let known = newest.as_ref().filter(|(at, _)| at.elapsed() < FRESH).map(|(_, pace)| pace.clone());
        let pace = match known {
            Some(pace) => pace,
            None => newest.insert((Instant::now(), create_pace(app.db()).await?)).1.clone(),
        };
        Ok(Json(Pace { creates: pace.into() }))
    }
}
