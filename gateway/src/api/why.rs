//! Why an instance is as it is.

use super::{
    Answer, Tag, narrate,
    schema::why::{Action as Offered, ActionName, Job, Transition, Why},
};
use crate::{
    app::App,
    auth::access,
    http::{caller::Caller, path_id, problem::Problem},
    why::{self, Asked, Known, OfferName},
};
use cqrs_es::Aggregate;
use dbx_domain::{
    Instance,
    ids::InstanceId,
    instance::{InstanceEvent, Outcome, WorkflowKind},
    policy::Action,
};
use dbx_projections::{
    activity::Doer,
    narrative::{self, Happened, Names, Subject, mention},
};
use dbx_sql::{Cursor, MAX_PAGE, RecordedEvent, lease, permit};
use poem::web::Data;
use poem_openapi::{OpenApi, param::Path, payload::Json};

/// Explanations.
pub(super) struct WhyApi;

#[OpenApi(tag = "Tag::Instances")]
impl WhyApi {
    /// Why an instance is as it is.
    ///
    /// What put it into its state, what is behind that, what it waits for, and what you can do.
    #[oai(path = "/instances/:id/why", method = "get", operation_id = "explainInstance")]
    async fn why(&self, caller: Caller, app: Data<&App>, id: Path<String>) -> Answer<Json<Why>> {
        let id: InstanceId = path_id::read(&id.0)?;
        let org = access::in_instance(&app, &caller, id, Action::ReadAudit).await?.org;
        let role = access::in_org(&app, &caller, org, Action::ReadAudit).await?;
        let history = History::read(&app, id).await?;
        let now = app.db().now().await?;
        let permits = why::permits(&history.instance, now);
        let known = Known {
            instance: &history.instance,
            ended: history.ended.clone(),
            taken: permit::taken(app.db(), &id.to_string(), &permits).await?,
            held: lease::is_held(app.db(), &id.to_string()).await?,
            asked: history.asked.clone(),
            role,
            now,
        };
        let mut explained = why::explain(&known);
        let (last_transition, names) = history.last_transition(&app, explained.cause.as_deref()).await?;
        explained.cause = explained.cause.map(|cause| names.fill(&cause));
        Ok(Json(show(id, explained, last_transition)))
    }
}

/// A whole stream, folded, and what an explanation needs of it besides.
#[derive(Default)]
struct History {
    instance: Instance,
    subject: Subject,
    ended: Option<(WorkflowKind, Outcome)>,
    asked: Asked,
    last: Option<(RecordedEvent, String)>,
}

impl History {
    async fn read(app: &App, id: InstanceId) -> Result<Self, Problem> {
        let (mut history, mut from) = (Self::default(), 1);
        loop {
            let page = app.store().read_stream(Instance::TYPE, &id.to_string(), from, MAX_PAGE).await?;
            from += page.len() as u64;
            let is_last = page.len() < MAX_PAGE as usize;
            for event in page {
                history.take(app.store().upcasters().current(event))?;
            }
            if is_last {
                return Ok(history);
            }
        }
    }

    fn take(&mut self, event: RecordedEvent) -> Result<(), Problem> {
        let happened = Happened::read(&event).map_err(Problem::internal)?;
        let Some(happened) = happened else { return Ok(()) };
        let actor = narrative::actor_of(&event);
        let told = narrative::tell(&happened, &actor, &event.aggregate_id, &self.subject);
        self.subject.evolve(&happened);
        let mut turns = false;
        if let Happened::Instance(happened) = happened {
            turns = why::is_transition(&happened) && !told.detail;
            match &happened {
                InstanceEvent::WorkflowFinished { kind, outcome, .. } => {
                    self.ended = Some((*kind, outcome.clone()));
                    self.asked.cancel = None;
                }
                InstanceEvent::CancelRequested { .. } => self.asked.cancel = Some(mention::actor(&actor)),
                InstanceEvent::WorkflowRequested { kind: WorkflowKind::Delete, .. } => {
                    self.asked.delete = Some(mention::actor(&actor));
                }
                _ => {}
            }
            self.instance.apply(happened);
        }
        if turns {
            self.last = Some((event, told.sentence));
        }
        Ok(())
    }

    /// What put it into its state, and the names of those whom it and `cause` mention.
    async fn last_transition(
        self,
        app: &App,
        cause: Option<&str>,
    ) -> Result<(Option<Transition>, Names), Problem> {
        let last = self.last.map(|(event, sentence)| (Doer::of(&event), event, sentence));
        let texts = last.iter().map(|(_, _, sentence)| sentence.as_str()).chain(cause);
        let doers = last.iter().map(|(doer, ..)| doer.id.as_str());
        let names = Names::find(app.db(), texts, doers).await?;
        let transition = last.map(|(doer, event, sentence)| Transition {
            position: Cursor::after(&event).to_string(),
            time: event.recorded_at.inner(),
            kind: event.event_type,
            sentence: names.fill(&sentence),
            actor: narrate::actor(doer, &names),
        });
        Ok((transition, names))
    }
}

fn show(id: InstanceId, why: why::Why, last_transition: Option<Transition>) -> Why {
    let actions = why.offers.into_iter().map(|offer| Offered {
        name: offer.name.into(),
        sentence: offer.sentence.to_owned(),
        command: offer.command,
    });
    Why {
        instance_id: id.to_string(),
        state: why.state.into(),
        health: why.health.into(),
        summary: why.summary,
        last_transition,
        cause: why.cause,
        waiting_for: why.waiting_for,
        job: why.job.map(Job::from),
        actions: actions.collect(),
    }
}

impl From<why::Job> for Job {
    fn from(job: why::Job) -> Self {
        Self {
            id: job.id.to_string(),
            kind: job.kind.into(),
            step: job.step.map(|step| step.to_string()),
            attempt: job.attempt,
            deadline_at: job.deadline_at.map(|at| at.inner()),
            next_attempt_at: job.next_attempt_at.map(|at| at.inner()),
        }
    }
}

impl From<OfferName> for ActionName {
    fn from(name: OfferName) -> Self {
        match name {
            OfferName::Start => Self::Start,
            OfferName::Stop => Self::Stop,
            OfferName::Reboot => Self::Reboot,
            OfferName::RotateCreds => Self::RotateCreds,
            OfferName::Delete => Self::Delete,
            OfferName::Retry => Self::Retry,
            OfferName::Cancel => Self::Cancel,
            OfferName::Abandon => Self::Abandon,
        }
    }
}
