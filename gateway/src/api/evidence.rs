//! Proof that nobody rewrote history: checkpoints, the keys that signed them, and an org's history to verify.

use super::{
    Answer, Tag,
    schema::{
        Page,
        evidence::{Checkpoint, CheckpointKey, CheckpointKeys},
    },
};
use crate::{
    app::App,
    auth::access,
    http::{
        caller::Caller,
        page, path_id,
        problem::{Problem, ProblemField},
    },
};
use dbx_domain::{ids::OrgId, policy::Action};
use dbx_sql::{
    StoreError,
    checkpoint::{export::Export, hex, read, read::Signed, statement_hash},
};
use futures::{Stream, TryStreamExt as _};
use poem::{Body, web::Data};
use poem_openapi::{
    ApiResponse, OpenApi,
    param::Query,
    payload::{Binary, Json},
};

/// Evidence operations.
pub(super) struct EvidenceApi;

/// A history as lines of JSON.
#[derive(ApiResponse)]
enum Lines {
    /// One JSON object per line, ending in one of the kind `end`.
    #[oai(status = 200, content_type = "application/x-ndjson")]
    All(
        Binary<Body>,
        /// Suggests a name for the file.
        #[oai(header = "Content-Disposition")]
        String,
    ),
}

#[OpenApi(tag = "Tag::Audit")]
impl EvidenceApi {
    /// Signed checkpoints.
    ///
    /// Newest first. Each signs the state of the whole log at a moment and names the one before it. Keep one: that it is
    /// still there later proves that the log was not replaced.
    #[oai(path = "/audit-logs/checkpoints", method = "get", operation_id = "listCheckpoints")]
    async fn checkpoints(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "orgId")] org: Query<String>,
        #[oai(name = "page[size]", validator(minimum(value = "1"), maximum(value = "200")))] size: Query<
            Option<u32>,
        >,
        #[oai(name = "page[token]")] token: Query<Option<String>>,
    ) -> Answer<Json<Page<Checkpoint>>> {
        let org: OrgId = path_id::read(&org.0)?;
        access::in_org(&app, &caller, org, Action::ReadAudit).await?;
        let size = page::request(size.0, None)?.size.get();
        // One more than the page holds tells whether another page follows.
        let mut found = read::list(app.db(), before(token.0.as_deref())?, size + 1).await?;
        let more = found.len() > size as usize;
        found.truncate(size as usize);
        let next_page_token = found.last().filter(|_| more).map(|last| last.parsed.number.to_string());
        Ok(Json(Page { data: found.into_iter().map(Checkpoint::from).collect(), next_page_token }))
    }

    /// Keys that sign checkpoints.
    ///
    /// Open to everybody. Compare them with what the operator publishes elsewhere before you trust them.
    #[oai(path = "/audit-logs/keys", method = "get", operation_id = "listCheckpointKeys")]
    async fn keys(&self, app: Data<&App>) -> Answer<Json<CheckpointKeys>> {
        let keys = read::keys(app.db()).await?;
        let data = keys.into_iter().map(|published| CheckpointKey {
            key_id: published.key.id(),
            algorithm: "Ed25519".to_owned(),
            public_key: published.key.to_string(),
            added_at: published.added_at.inner(),
        });
        Ok(Json(CheckpointKeys { data: data.collect() }))
    }

    /// An org's history, to be verified elsewhere.
    ///
    /// Lines of JSON: the newest checkpoint with the path from the org to its root, the heads that it covers, then every
    /// event of the org and its instances as it was hashed, then a last line of the kind `end`. `dbx audit verify` checks
    /// it; the format is described in docs/audit.md.
    #[oai(path = "/audit-logs/chain", method = "get", operation_id = "exportChain")]
    async fn chain(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "orgId")] org: Query<String>,
    ) -> Answer<Lines> {
        let org: OrgId = path_id::read(&org.0)?;
        access::in_org(&app, &caller, org, Action::ReadAudit).await?;
        let body = Body::from_bytes_stream(lines(Export::new(app.db().clone(), org.to_string())));
        let name = format!("attachment; filename=\"{org}-chain.jsonl\"");
        Ok(Lines::All(Binary(body), name))
    }
}

/// The export as chunks, read no faster than the client takes them. An error ends it before its last line, which its
/// reader notices.
fn lines(export: Export) -> impl Stream<Item = std::io::Result<Vec<u8>>> {
    let chunks = futures::stream::try_unfold(export, async |mut export| {
        let lines = export.next().await?;
        Ok(lines.map(|lines| (lines.into_bytes(), export)))
    });
    chunks.map_err(|error: StoreError| {
        tracing::error!(%error, "an export of the log broke off");
        std::io::Error::other("the log could not be read to its end")
    })
}

fn before(token: Option<&str>) -> Result<Option<u64>, Problem> {
    let refused = |_| {
        let message = "this is no token that a page of this list gave out; begin without one".to_owned();
        Problem::invalid(vec![ProblemField { field: "page[token]".to_owned(), message, allowed: None }])
    };
    token.map(|token| token.parse::<u32>().map(u64::from).map_err(refused)).transpose()
}

impl From<Signed> for Checkpoint {
    fn from(signed: Signed) -> Self {
        Self {
            number: signed.parsed.number,
            made_at: signed.parsed.made_at.inner(),
            events: signed.parsed.events,
            key_id: signed.parsed.key_id,
            hash: hex(&statement_hash(&signed.statement)),
            signature: hex(&signed.signature),
            statement: signed.statement,
        }
    }
}
