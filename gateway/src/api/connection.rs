//! How to connect to an instance, and its password.

use super::{
    Answer, Tag,
    answer::NO_STORE,
    schema::connection::{Connection, RevealedCredential, SslMode},
};
use crate::{
    app::App,
    auth::access,
    command::{Draft, perform},
    http::{body::empty_hash, caller::Caller, code::Code, idempotency::Once, path_id, problem::Problem},
};
use dbx_domain::{
    Decide as _, Instance, Secret,
    ids::{InstanceId, SecretId},
    instance::{CredentialRole, InstanceCommand, InstanceEvent, Lifecycle},
    name::ResourceName,
    policy::Action,
};
use dbx_projections::instances::InstanceView;
use dbx_sql::{Append, VaultError};
use dbx_workflows::{
    credential::Credential,
    database_admin::{POSTGRES_PORT, TENANT_DATABASE, TENANT_ROLE},
};
use poem::web::Data;
use poem_openapi::{
    ApiResponse, OpenApi,
    param::{Header, Path},
    payload::Json,
};
use std::{net::Ipv4Addr, sync::Mutex};

/// Connection operations.
pub(super) struct ConnectionApi;

/// A password.
#[derive(ApiResponse)]
enum Revealed {
    /// The password, in the clear.
    #[oai(status = 200)]
    Credential(
        Json<RevealedCredential>,
        /// Always `no-store`.
        #[oai(header = "Cache-Control")]
        String,
    ),
}

#[OpenApi(tag = "Tag::Instances")]
impl ConnectionApi {
    /// How to connect.
    ///
    /// Everything but the password. There is nothing to connect to before the server first answered.
    #[oai(path = "/instances/:id/connection", method = "get", operation_id = "getConnection")]
    async fn get(&self, caller: Caller, app: Data<&App>, id: Path<String>) -> Answer<Json<Connection>> {
        let view = access::in_instance(&app, &caller, path_id::read(&id.0)?, Action::ReadOrg).await?;
        Ok(Json(connection(view)?))
    }

    /// Show the password.
    ///
    /// Each call is recorded in the instance's history; one that is sent again with its key is recorded once and shows the same
    /// password, as long as it has not been replaced.
    #[oai(path = "/instances/:id/credentials/~reveal", method = "post", operation_id = "revealCredentials")]
    async fn reveal(
        &self,
        caller: Caller,
        app: Data<&App>,
        id: Path<String>,
        #[oai(name = "Idempotency-Key")] key: Header<Option<String>>,
    ) -> Answer<Revealed> {
        let id: InstanceId = path_id::read(&id.0)?;
        let once = Once::new(&caller, key.0, empty_hash())?;
        let view = access::in_instance(&app, &caller, id, Action::RevealCredentials).await?;
        let address = view.placement.as_ref().map(|placement| placement.address);
        let address =
            address.ok_or_else(|| Problem::new(Code::CredentialNotReady, no_server(view.lifecycle)))?;
        let (password, version) = disclose(&app, &caller, &view, &once).await?;
        let revealed = RevealedCredential {
            version,
            uri: uri(address, Some(&password)),
            verifying_uri: verifying_uri(address, Some(&password), &view.name),
            password: password.expose().to_owned(),
        };
        Ok(Revealed::Credential(Json(revealed), NO_STORE.to_owned()))
    }
}

/// Why there is nothing to connect to: only what is under way is worth waiting for.
const fn no_server(lifecycle: Lifecycle) -> &'static str {
    match lifecycle {
        Lifecycle::Failed => {
            "the instance has no server, because its creation did not succeed; delete it and create another one"
        }
        Lifecycle::NeedsOperator => {
            "the instance has no server that answered yet, and its job needs an operator; see why, and what can be done"
        }
        Lifecycle::Deleting | Lifecycle::Deleted => {
            "the instance is being deleted, and its server never answered"
        }
        _ => "the instance has no server that answers yet; wait until its creation has succeeded",
    }
}

fn connection(view: InstanceView) -> Result<Connection, Problem> {
    let (Some(placement), Some(server)) = (view.placement, view.server) else {
        return Err(Problem::new(Code::WrongState, no_server(view.lifecycle)));
    };
    Ok(Connection {
        host: placement.address.to_string(),
        port: POSTGRES_PORT,
        database: TENANT_DATABASE.to_owned(),
        user: TENANT_ROLE.to_owned(),
        ssl_mode: SslMode::VerifyFull,
        certificate_pem: server.certificate_pem,
        fingerprint: server.fingerprint,
        uri: uri(placement.address, None),
        verifying_uri: verifying_uri(placement.address, None, &view.name),
    })
}

/// For a client that has no copy of the certificate: encrypted, and whoever answers is not checked.
fn uri(host: Ipv4Addr, password: Option<&Secret>) -> String {
    format!("{}?sslmode=require", address(host, password))
}

/// For a client that saved the certificate under the instance's name; a name needs no escaping.
fn verifying_uri(host: Ipv4Addr, password: Option<&Secret>, name: &ResourceName) -> String {
    format!("{}?sslmode=verify-full&sslrootcert={name}.pem", address(host, password))
}

/// Passwords are drawn from letters and digits, so they need no escaping.
fn address(host: Ipv4Addr, password: Option<&Secret>) -> String {
    let password = password.map(|password| format!(":{}", password.expose())).unwrap_or_default();
    format!("postgresql://{TENANT_ROLE}{password}@{host}:{POSTGRES_PORT}/{TENANT_DATABASE}")
}

/// Opens the active version and records that it is shown; what is not recorded is not shown.
async fn disclose(
    app: &App,
    caller: &Caller,
    view: &InstanceView,
    once: &Once,
) -> Result<(Secret, u32), Problem> {
    let stream = view.instance.to_string();
    let opened: Mutex<Option<(Secret, u32)>> = Mutex::new(None);
    let draft = || async {
        let loaded = app.store().load::<Instance>(&stream).await?;
        let reveal = InstanceCommand::Reveal(CredentialRole::Tenant);
        let events = loaded.aggregate.decide(reveal)?;
        let credential = loaded.aggregate.credential(CredentialRole::Tenant);
        let (secret, version) = match (credential, events.first()) {
            (Some(credential), Some(InstanceEvent::CredentialRevealed { version, .. })) => {
                (credential.secret, *version)
            }
            _ => return Err(Problem::internal("a reveal was decided without a credential")),
        };
        *opened.lock().map_err(Problem::internal)? = Some((open(app, secret, version).await?, version));
        let append =
            Append::of::<Instance>(stream.as_str(), loaded.head, &events).map_err(Problem::internal)?;
        Ok(Draft::new(200, version).in_org(view.org).append(append))
    };
    let shown: u32 = perform(app, caller, once, draft).await?.parse().map_err(Problem::internal)?;
    match opened.into_inner().map_err(Problem::internal)? {
        Some((password, version)) if version == shown => Ok((password, version)),
        // Recorded before, when the same request came first.
        _ => {
            let secret = view.tenant.as_ref().ok_or_else(replaced)?.secret;
            Ok((open(app, secret, shown).await?, shown))
        }
    }
}

async fn open(app: &App, secret: SecretId, version: u32) -> Result<Secret, Problem> {
    match app.vault().open(secret, version).await {
        Ok(stored) => Ok(Credential::from_secret(&stored).map_err(Problem::internal)?.password.0),
        Err(VaultError::Gone { .. }) => Err(replaced()),
        Err(error) => Err(error.into()),
    }
}

fn replaced() -> Problem {
    Problem::new(
        Code::CredentialNotReady,
        "the password has been replaced since; ask for the present one with a new Idempotency-Key",
    )
}
