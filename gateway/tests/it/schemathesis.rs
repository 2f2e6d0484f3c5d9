//! schemathesis against the running server: requests made from the OpenAPI document, right ones and wrong ones, each
//! answer held against it. No 5xx, no status, header or body that the document does not declare, no wrong data accepted,
//! no right data refused.
//!
//! `make schemathesis` installs it; without it these tests say so and pass, unless `DBX_SCHEMATHESIS` names where it is.

use crate::stand::{Somebody, Stand};
use dbx_domain::policy::Role;
use dbx_gateway::{Limits, Settings};
use poem::{Server, listener::TcpAcceptor};
use serde_json::json;
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
};
use tokio::{net::TcpListener, process::Command};

/// Makes a run repeatable.
const SEED: &str = "20261124";

/// Where it is installed; none if it need not be.
fn program() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("DBX_SCHEMATHESIS") {
        let path = PathBuf::from(path);
        assert!(path.exists(), "{} is missing: run `make schemathesis`", path.display());
        return Some(path);
    }
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.dbx/venv/bin/st");
    installed.exists().then_some(installed)
}

/// One of everything in an org, so that right requests find something; as the tool's configuration.
async fn things(stand: &Stand, owner: &Somebody) -> String {
    let project = stand.project(owner, "shop").await;
    let running = stand.running(owner, &project, "db").await;
    let bob = stand.somebody("bob").await;
    stand.join(owner.org, bob.account, Role::Viewer).await;
    let invitations = format!("/v1/orgs/{}/invitations", owner.org);
    let body = json!({ "email": "carol@example.com", "role": "viewer" });
    let invitation = stand.post(&invitations).by(owner).json(&body).send().await.text_at("/id");
    let (key, _) = stand.api_key(owner, owner.org, Role::Viewer).await;
    let session = stand.get("/v1/users/me/sessions").by(owner).send().await.text_at("/data/0/id");
    let mut config = format!(
        "\n\"path.orgId\" = \"{}\"\n\"query.orgId\" = \"{}\"\n\"path.projectId\" = \"{project}\"\n\
         \"path.userId\" = \"{}\"\n",
        owner.org, owner.org, bob.account
    );
    for (prefix, id) in [
        ("/v1/instances/", &running.id),
        ("/v1/jobs/", &running.job),
        ("/v1/apikeys/", &key),
        ("/v1/users/me/sessions/", &session),
        ("/v1/orgs/{orgId}/invitations/", &invitation),
    ] {
        let pattern = format!("^{}\\\\{{id\\\\}}", prefix.replace('{', "\\\\{").replace('}', "\\\\}"));
        write!(
            config,
            "\n[[operations]]\ninclude-path-regex = \"{pattern}\"\nparameters = {{ \"path.id\" = \"{id}\" }}\n"
        )
        .unwrap();
    }
    config
}

/// Serves on loopback, as in production but without limits, which would refuse most of what is sent.
async fn serve(stand: &Stand) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = Server::new_with_acceptor(TcpAcceptor::from_tokio(listener).unwrap());
    tokio::spawn(server.run(stand.app.router()));
    url
}

/// Runs the tool with `arguments` and gives what it printed, if it found anything.
async fn findings(program: &Path, url: &str, config: &str, arguments: &[&str]) -> Result<(), String> {
    let directory = tempfile::tempdir().unwrap();
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemathesis");
    std::fs::copy(own.join("hooks.py"), directory.path().join("hooks.py")).unwrap();
    let settings = std::fs::read_to_string(own.join("schemathesis.toml")).unwrap() + config;
    std::fs::write(directory.path().join("schemathesis.toml"), settings).unwrap();
    let output = Command::new(program)
        .current_dir(directory.path())
        .args(["run", &format!("{url}/v1/openapi.json"), "--url", url, "--no-color"])
        .args(["--checks", "all", "--seed", SEED, "--generation-database", "none"])
        .args(["--warnings", "off"])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    match output.status.success() {
        true => Ok(()),
        false => Err(format!(
            "{}\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}

/// A server with somebody in it, asked `examples` times per operation with what `headers` makes of them.
async fn asked(examples: &str, headers: impl AsyncFnOnce(&Stand, &Somebody) -> Vec<String>) {
    let Some(program) = program() else {
        eprintln!("skipped: schemathesis is not installed; run `make schemathesis`");
        return;
    };
    let limits = Limits::NONE;
    let stand = Stand::with(Settings { limits, ..Settings::default() }).await;
    let owner = stand.somebody("owner").await;
    let config = things(&stand, &owner).await;
    let headers = headers(&stand, &owner).await;
    let url = serve(&stand).await;
    let mut arguments = vec!["--max-examples", examples];
    arguments.extend(headers.iter().flat_map(|header| ["--header", header]));
    let outcome = findings(&program, &url, &config, &arguments).await;
    outcome.unwrap_or_else(|report| panic!("{report}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owners_key_finds_nothing_that_the_document_does_not_say() {
    asked("50", async |stand, owner| {
        let (_, key) = stand.api_key(owner, owner.org, Role::Owner).await;
        vec![format!("Authorization: Bearer {key}")]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_finds_nothing_that_the_document_does_not_say() {
    asked("20", async |_, _| Vec::new()).await;
}
