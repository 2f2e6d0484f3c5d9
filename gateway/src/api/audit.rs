//! The audit log: pages for people, a stream for archives.

use super::{
    Answer, Tag, narrate,
    schema::{
        Page,
        audit::{AuditEntry, ExportFormat},
    },
};
use crate::{
    app::App,
    auth::access,
    http::{caller::Caller, path_id, problem::Problem, query},
};
use dbx_domain::{ids::OrgId, policy::Action};
use dbx_projections::audit::{self, AuditFilter, AuditScope, Order};
use dbx_sql::{Cursor, Database};
use futures::{Stream, StreamExt as _, stream};
use poem::{Body, web::Data};
use poem_openapi::{
    ApiResponse, OpenApi,
    param::Query,
    payload::{Binary, Json},
};

mod csv;
mod wanted;

use wanted::Texts;

/// Entries per query of an export: what it holds in memory at once.
const EXPORT_PAGE: u32 = 500;

/// Audit operations.
pub(super) struct AuditApi;

/// An export.
#[derive(ApiResponse)]
enum Export {
    /// One JSON object per line, each as in the list, oldest first.
    #[oai(status = 200, content_type = "application/x-ndjson")]
    Jsonl(
        Binary<Body>,
        /// A file name.
        #[oai(header = "Content-Disposition")]
        String,
        /// Always `no-store`.
        #[oai(header = "Cache-Control")]
        String,
    ),
    /// Comma-separated values, oldest first.
    #[oai(status = 200, content_type = "text/csv")]
    Csv(
        Binary<Body>,
        /// A file name.
        #[oai(header = "Content-Disposition")]
        String,
        /// Always `no-store`.
        #[oai(header = "Cache-Control")]
        String,
    ),
}

#[OpenApi(tag = "Tag::Audit")]
impl AuditApi {
    /// Who did what.
    ///
    /// Newest first. With `orgId` everything that was done in that org, sign-ins of its members included; without it
    /// what was done with your own account. What happened within the last moments may be missing.
    #[oai(path = "/audit-logs", method = "get", operation_id = "listAuditLog")]
    #[expect(clippy::too_many_arguments, reason = "each is a parameter of the operation")]
    async fn list(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "orgId")] org: Query<Option<String>>,
        /// Only what this account (with its API keys), this API key or this part of the product did: an id, somebody's
        /// address or name, or `engine`, `monitor`, `reconciler`, `operator`, `webhooks`, `sign-in`.
        actor: Query<Option<String>>,
        /// Only this action, such as `instance.create`, or all of a kind: `instance`
        action: Query<Option<String>>,
        /// Only what was done to the thing with this id.
        resource: Query<Option<String>>,
        /// Not before this point in time (RFC 3339), or this day (UTC).
        from: Query<Option<String>>,
        /// Before this point in time (RFC 3339), or this day (UTC).
        to: Query<Option<String>>,
        #[oai(name = "page[size]", validator(minimum(value = "1"), maximum(value = "200")))] size: Query<
            Option<u32>,
        >,
        #[oai(name = "page[token]")] token: Query<Option<String>>,
    ) -> Answer<Json<Page<AuditEntry>>> {
        let scope = scope(&app, &caller, org.0.as_deref()).await?;
        let texts = Texts { actor: actor.0, action: action.0, resource: resource.0, from: from.0, to: to.0 };
        let filter = wanted::read(&app, scope, texts).await?;
        let (size, before) = (query::page_size(size.0)?.get(), query::page_token(token.0.as_deref())?);
        let place = (Order::NewestFirst, before);
        let mut found = audit::entries(app.db(), scope, &filter, place, size + 1).await?;
        let more = found.len() > size as usize;
        found.truncate(size as usize);
        let next_page_token = found.last().filter(|_| more).map(|entry| entry.cursor.to_string());
        Ok(Json(Page { data: narrate::audit(app.db(), found).await?, next_page_token }))
    }

    /// The whole audit log as a file.
    ///
    /// Oldest first, with the filters of the list. It is written while you read it, however long it is; should it break
    /// off, export again from the time of the last entry.
    #[oai(path = "/audit-logs/export", method = "get", operation_id = "exportAuditLog")]
    #[expect(clippy::too_many_arguments, reason = "each is a parameter of the operation")]
    async fn export(
        &self,
        caller: Caller,
        app: Data<&App>,
        #[oai(name = "orgId")] org: Query<Option<String>>,
        /// `jsonl` unless told otherwise.
        format: Query<Option<ExportFormat>>,
        /// Only what this account (with its API keys), this API key or this part of the product did: an id, somebody's
        /// address or name, or `engine`, `monitor`, `reconciler`, `operator`, `webhooks`, `sign-in`.
        actor: Query<Option<String>>,
        /// Only this action, such as `instance.create`, or all of a kind: `instance`
        action: Query<Option<String>>,
        /// Only what was done to the thing with this id.
        resource: Query<Option<String>>,
        /// Not before this point in time (RFC 3339), or this day (UTC).
        from: Query<Option<String>>,
        /// Before this point in time (RFC 3339), or this day (UTC).
        to: Query<Option<String>>,
    ) -> Answer<Export> {
        let scope = scope(&app, &caller, org.0.as_deref()).await?;
        let texts = Texts { actor: actor.0, action: action.0, resource: resource.0, from: from.0, to: to.0 };
        let filter = wanted::read(&app, scope, texts).await?;
        let format = format.0.unwrap_or(ExportFormat::Jsonl);
        let lines = lines(app.db().clone(), scope, filter, format);
        let no_store = super::answer::NO_STORE.to_owned();
        let name = |ending: &str| format!("attachment; filename=\"audit-log.{ending}\"");
        Ok(match format {
            ExportFormat::Jsonl => {
                Export::Jsonl(Binary(Body::from_bytes_stream(lines)), name("jsonl"), no_store)
            }
            ExportFormat::Csv => {
                let head = stream::once(async { Ok(csv::HEAD.to_owned()) });
                Export::Csv(Binary(Body::from_bytes_stream(head.chain(lines))), name("csv"), no_store)
            }
        })
    }
}

async fn scope(app: &App, caller: &Caller, org: Option<&str>) -> Result<AuditScope, Problem> {
    let Some(org) = org else { return Ok(AuditScope::Account(caller.principal.session()?.0)) };
    let org: OrgId = path_id::read(org)?;
    access::in_org(app, caller, org, Action::ReadAudit).await?;
    Ok(AuditScope::Org(org))
}

/// The whole log in pages; the next one is read when the client has taken the one before.
fn lines(
    db: Database,
    scope: AuditScope,
    filter: AuditFilter,
    format: ExportFormat,
) -> impl Stream<Item = Result<String, std::io::Error>> + Send + 'static {
    let begin = (db, filter, Some(None::<Cursor>));
    stream::try_unfold(begin, move |(db, filter, from)| async move {
        let Some(from) = from else { return Ok(None) };
        let found = audit::entries(&db, scope, &filter, (Order::OldestFirst, from), EXPORT_PAGE).await;
        let found = found.map_err(broken_off)?;
        let next = found.last().filter(|_| found.len() == EXPORT_PAGE as usize).map(|last| Some(last.cursor));
        let entries = narrate::audit(&db, found).await.map_err(broken_off)?;
        let text: String = entries.iter().map(|entry| line(entry, format)).collect();
        Ok(Some((text, (db, filter, next))))
    })
}

fn line(entry: &AuditEntry, format: ExportFormat) -> String {
    match format {
        // Serialising strings, times and JSON cannot fail.
        ExportFormat::Jsonl => serde_json::to_string(entry).unwrap_or_default() + "\n",
        ExportFormat::Csv => csv::line(entry),
    }
}

/// Ends the body before its time, which the client notices: the last chunk is missing.
fn broken_off(error: impl std::fmt::Display) -> std::io::Error {
    tracing::warn!(%error, "an export broke off");
    std::io::Error::other("the export broke off; begin again from the last entry")
}
