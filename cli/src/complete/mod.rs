//! Completion with live names: what the server has, asked while the tab key is waited for.
//!
//! Guarantees: no answer takes longer than [`LIMIT`], nothing is written to the terminal, and whatever goes wrong, the
//! answer is only empty.

mod line;
mod word;

use crate::{
    api::{ApiKey, Catalogue, Instance, Job, Member, OpenSessions, Org, Project, Webhook},
    client::Answer,
    context::Context,
    failure::{Failure, Reporter},
    output::clean,
    resolve::Named,
    store::{ConfigDir, Profile},
};
use clap_complete::{ArgValueCompleter, CompletionCandidate};
use line::Line;
use std::{ffi::OsStr, time::Duration};
use word::Word;

/// As long as somebody waits who pressed the tab key.
const LIMIT: Duration = Duration::from_secs(2);
/// Candidates beyond these help nobody.
const MOST: usize = 200;
/// Jobs older than so many are looked up in a list, not typed.
const RECENT: usize = 20;

type Found = Result<Vec<CompletionCandidate>, Failure>;

/// Candidates that the server knows and that begin as what is typed. An option is no name, so nothing is asked then.
fn live(find: fn(&Context, &Line) -> Found) -> ArgValueCompleter {
    ArgValueCompleter::new(move |typed: &OsStr| {
        let Some(typed) = typed.to_str().filter(|typed| !typed.starts_with('-')) else { return Vec::new() };
        let line = Line::from_environment();
        let Ok(mut context) = Context::silent(&line.global(), &Reporter::default()) else {
            return Vec::new();
        };
        context.client = context.client.hasty(LIMIT);
        matching(typed, &find(&context, &line).unwrap_or_default())
    })
}

/// Those that begin as what is typed, spelled as the shell takes them.
fn matching(typed: &str, all: &[CompletionCandidate]) -> Vec<CompletionCandidate> {
    let word = Word::typed(typed);
    let spelled = all.iter().filter_map(|candidate| {
        let value = word.completed(&candidate.get_value().to_string_lossy())?;
        Some(CompletionCandidate::new(value).help(candidate.get_help().cloned()))
    });
    spelled.collect()
}

fn candidate(value: &str, help: String) -> CompletionCandidate {
    CompletionCandidate::new(value).help(Some(help.into()))
}

/// What names a thing for sure: its name; its id where the name is that of several, or could be taken for an option, or
/// cannot be typed.
fn sure<'a, T: Named>(item: &'a T, all: &[T]) -> &'a str {
    let name = item.name();
    let is_single = all.iter().filter(|other| other.name() == name).count() == 1;
    let is_plain = !name.is_empty() && !name.starts_with('-') && clean(name) == name;
    if is_single && is_plain { name } else { item.id() }
}

/// A candidate with what is not in it of name and id, and more about it.
fn offer<T: Named>(item: &T, all: &[T], more: &str) -> CompletionCandidate {
    let value = sure(item, all);
    let other = if value == item.name() { item.id() } else { item.name() };
    candidate(value, clean(&format!("{other} {more}")))
}

/// Orgs of the caller.
pub(crate) fn orgs() -> ArgValueCompleter {
    live(|context, _| {
        let all: Vec<Org> = context.orgs()?.value;
        Ok(all.iter().take(MOST).map(|org| offer(org, &all, &format!("({})", org.role))).collect())
    })
}

/// Projects of the org that the line names or the selection has.
pub(crate) fn projects() -> ArgValueCompleter {
    live(|context, line| {
        let org = context.org(line.org().as_ref())?;
        let all: Vec<Project> = context.projects_of(&org)?.value;
        Ok(all.iter().take(MOST).map(|project| offer(project, &all, "")).collect())
    })
}

/// Instances of the project that the line names, or of all.
pub(crate) fn instances() -> ArgValueCompleter {
    live(|context, line| {
        let projects = context.projects(&line.scope())?;
        Ok(described(&context.instances(&projects)?.value, &projects))
    })
}

/// A name that instances of several projects have is told apart by the id, with the project beside it.
fn described(instances: &[Instance], projects: &[Project]) -> Vec<CompletionCandidate> {
    let about = |instance: &Instance| {
        let stands = format!("{} {} Postgres {}", instance.lifecycle, instance.plan, instance.pg_version);
        let value = sure(instance, instances);
        if value == instance.name {
            return candidate(value, stands);
        }
        let project = projects.iter().find(|project| project.id == instance.project_id);
        let project = project.map_or(instance.project_id.as_str(), |project| &project.name);
        candidate(value, format!("{} in {project}, {stands}", instance.name))
    };
    instances.iter().take(MOST).map(about).collect()
}

/// Jobs, the newest first, and instances.
pub(crate) fn jobs() -> ArgValueCompleter {
    live(|context, line| {
        let projects = context.projects(&line.scope())?;
        let instances = context.instances(&projects)?.value;
        let mut jobs: Vec<Job> = context.gather(&projects, "jobs", RECENT)?.value;
        jobs.sort_by(|a, b| b.created_at.cmp(&a.created_at));
        let name = |job: &Job| {
            let instance = instances.iter().find(|instance| instance.id == job.instance_id);
            instance.map_or("a deleted instance", |instance| &instance.name).to_owned()
        };
        let jobs = jobs.iter().take(RECENT);
        let jobs = jobs.map(|job| candidate(&job.id, format!("{} {}: {}", job.kind, name(job), job.status)));
        Ok(jobs.chain(described(&instances, &projects)).collect())
    })
}

/// Webhooks of the org.
pub(crate) fn webhooks() -> ArgValueCompleter {
    live(|context, line| {
        let org = context.org(line.org().as_ref())?;
        let all: Answer<Vec<Webhook>> = context.client.list(&format!("/orgs/{}/webhooks", org.id), MOST)?;
        Ok(all.value.iter().map(|webhook| candidate(&webhook.id, webhook.url.clone())).collect())
    })
}

/// Members of the org, by address.
pub(crate) fn members() -> ArgValueCompleter {
    live(|context, line| {
        let org = context.org(line.org().as_ref())?;
        let all: Answer<Vec<Member>> = context.client.list(&format!("/orgs/{}/members", org.id), MOST)?;
        let named = |member: &Member| {
            let value = member.email.as_deref().unwrap_or(&member.user_id);
            candidate(value, member.role.to_string())
        };
        Ok(all.value.iter().map(named).collect())
    })
}

/// API keys of the org, by name.
pub(crate) fn apikeys() -> ArgValueCompleter {
    live(|context, line| {
        let org = context.org(line.org().as_ref())?;
        let query = [("orgId", org.id)];
        let all: Answer<Vec<ApiKey>> = context.client.list_where("/apikeys", &query, MOST)?;
        let about = |key: &ApiKey| offer(key, &all.value, &format!("({})", key.role));
        Ok(all.value.iter().map(about).collect())
    })
}

/// Where the caller is signed in.
pub(crate) fn sessions() -> ArgValueCompleter {
    live(|context, _| {
        let open: OpenSessions = context.client.get("/users/me/sessions", &[])?.value;
        let about = |session: &crate::api::OpenSession| {
            candidate(&session.id, session.user_agent.clone().unwrap_or_default())
        };
        Ok(open.data.iter().map(about).collect())
    })
}

/// Plans on offer.
pub(crate) fn plans() -> ArgValueCompleter {
    live(|context, _| {
        let catalogue: Catalogue = context.client.get("/plans", &[])?.value;
        let about = |plan: &crate::api::Plan| {
            let memory = crate::output::size(plan.memory_mi_b.into());
            candidate(&plan.name, format!("{} vCPU, {memory}", plan.vcpus))
        };
        Ok(catalogue.data.iter().map(about).collect())
    })
}

/// Postgres majors on offer.
pub(crate) fn majors() -> ArgValueCompleter {
    live(|context, _| {
        let catalogue: Catalogue = context.client.get("/plans", &[])?.value;
        Ok(catalogue.pg_versions.iter().map(|major| CompletionCandidate::new(major.to_string())).collect())
    })
}

/// Profiles on this machine.
pub(crate) fn profiles() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let all = ConfigDir::from_environment().and_then(|base| Profile::all(&base)).unwrap_or_default();
        let all: Vec<_> = all.iter().map(|profile| CompletionCandidate::new(profile.name())).collect();
        matching(&typed.to_string_lossy(), &all)
    })
}
