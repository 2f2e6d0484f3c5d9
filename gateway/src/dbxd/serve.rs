//! `dbxd serve`: API, read models, workers and caretaker in one process.
//!
//! Guarantee: on SIGTERM or Ctrl-C it takes no new work, finishes requests and effects under way, and ends.

use crate::{
    Failure,
    assembly::Assembly,
    config::{self, Config, Secrets},
    open_files,
    signer::Signer,
    worker::Worker,
};
use dbx_gateway::{App, mail::Mailer, roll_call::RollCall, server, webhooks::Deliverer};
use dbx_sql::{Database, SQL_MIGRATIONS, Wakeups};
use dbx_workflows::care::duty::Duty;
use std::{path::Path, time::Duration};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::watch,
};

/// Serves as the configuration says, until told to stop.
pub(crate) fn main(path: &Path) -> Result<(), Failure> {
    crate::telemetry::to_stderr();
    let config = config::load(path)?;
    let secrets = config.secrets.read()?;
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = TcpListener::bind(config.listen).await.map_err(|error| {
            format!("cannot listen on {}: {error}; stop what does, or change `listen`", config.listen)
        })?;
        let stop = stop_on_signal()?;
        tracing::info!(address = %listener.local_addr()?, "serving");
        serve(&config, &secrets, listener, stop).await
    })
}

/// Turns true on SIGTERM and Ctrl-C.
pub(crate) fn stop_on_signal() -> Result<watch::Receiver<bool>, Failure> {
    let (sender, receiver) = watch::channel(false);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        sender.send_replace(true);
        // Keeps the channel open until everybody has seen it.
        sender.closed().await;
    });
    Ok(receiver)
}

/// Serves on `listener` until `stop` turns true.
///
/// # Errors
/// The database cannot be reached or is not current, or the configuration cannot work.
pub(crate) async fn serve(
    config: &Config,
    secrets: &Secrets,
    listener: TcpListener,
    stop: watch::Receiver<bool>,
) -> Result<(), Failure> {
    open_files::allow_many();
    let database = Database::connect(&config.database(secrets)).await?;
    refuse_outdated(&database).await?;
    let _link = Wakeups::link(&database);
    let parts = Assembly::new(config, secrets, database.clone())?;
    let worker = Worker::of_this_process()?;
    worker.bury_predecessors(&database).await?;
    let roll_call = RollCall::enter(database.clone(), worker.to_string(), &secrets.master_keys).await?;
    let answering_the_roll = tokio::spawn(roll_call.run(stop.clone()));
    let engine = parts.engine(config, &worker);
    let working = tokio::spawn({
        let stop = stop.clone();
        async move { engine.run(stop).await }
    });
    let caring = tokio::spawn(parts.caretaker(config, &worker).run(stop.clone()));
    let following = tokio::spawn(dbx_projections::follow::run(
        database.clone(),
        parts.store.upcasters().clone(),
        stop.clone(),
    ));
    let signing =
        signer(config, secrets, &database, &worker).map(|signer| tokio::spawn(signer.run(stop.clone())));
    let app = App::with_outside(parts.store, parts.vault, config.api(), config.outside()?);
    let deliverer = Deliverer { app: app.clone(), holder: worker.to_string() };
    let telling = tokio::spawn(deliverer.run(stop.clone()));
    let duty = Duty::new(database.clone(), "mail", worker.to_string());
    let mailing =
        config.mail.as_ref().map(|_| tokio::spawn(Mailer { app: app.clone(), duty }.run(stop.clone())));
    let ending = tokio::spawn(end_waiting(app.clone(), stop.clone()));
    server::serve(listener, app.router(), config.connections(), stop).await?;
    ending.await?;
    working.await?;
    caring.await?;
    following.await?;
    telling.await?;
    answering_the_roll.await?;
    for optional in [signing, mailing].into_iter().flatten() {
        optional.await?;
    }
    database.close();
    Ok(())
}

/// Once the server stops: answers that are held back are given, and streams end.
async fn end_waiting(app: App, mut stop: watch::Receiver<bool>) {
    // An error means that nobody can tell us any more: stop as well.
    let _ = stop.wait_for(|stop| *stop).await;
    app.stop_waiting();
    app.end_streams();
}

fn signer(config: &Config, secrets: &Secrets, database: &Database, worker: &Worker) -> Option<Signer> {
    let Some(key) = secrets.checkpoint_key.clone() else {
        tracing::warn!("no `secrets.checkpoint_key_file`: the log is chained, but no checkpoints are signed");
        return None;
    };
    let every = Duration::from_secs(config.audit.checkpoint_secs);
    Some(Signer::new(database.clone(), key, every, worker))
}

async fn refuse_outdated(database: &Database) -> Result<(), Failure> {
    let tables_current = dbx_sql::is_current(database, &[SQL_MIGRATIONS]).await?;
    match tables_current && dbx_projections::outdated(database).await?.is_empty() {
        true => Ok(()),
        false => {
            Err("the control database is not at this program's version; run `dbxd migrate` first".into())
        }
    }
}
