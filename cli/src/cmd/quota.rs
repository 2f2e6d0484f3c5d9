//! How much an org, and a project in it, may use.

use crate::{
    api::{Amounts, ProblemField, ProjectQuota, Quota},
    args::{LimitArgs, ProjectQuotaArgs, ProjectScope, QuotaArgs},
    client::Answer,
    context::Context,
    failure::Failure,
    output::{Column, Table, size},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use ureq::http::Method;

/// What takes a limit away that was set: a project is limited by its org alone then, an org has what a new one has.
const OF_PROJECT: &str = "none";
const OF_ORG: &str = "default";

pub(super) fn of_org(context: &Context, args: &QuotaArgs) -> Result<(), Failure> {
    let changes = changes(&args.limits, OF_ORG)?;
    let org = context.org(args.scope.org.as_ref())?;
    let Answer { value: quota, body } =
        look_or_change::<Quota>(context, &format!("/orgs/{}/quota", org.id), changes)?;
    let most = &quota.limits;
    let limits = [most.instances, most.vcpus, most.memory_mi_b, most.disk_gi_b].map(Some);
    context.output.show_essence(&body, &org.id, |style| table(&quota.used, limits).render(style))
}

pub(super) fn of_project(context: &Context, args: &ProjectQuotaArgs) -> Result<(), Failure> {
    let changes = changes(&args.limits, OF_PROJECT)?;
    let org = args.scope.org.as_ref();
    let project = match &args.project {
        Some(wanted) => context.project_named(wanted, org)?,
        None => context.project(&ProjectScope { org: org.cloned(), project: None })?,
    };
    let Answer { value: quota, body } =
        look_or_change::<ProjectQuota>(context, &format!("/projects/{}/quota", project.id), changes)?;
    let most = &quota.limits;
    let limits = [most.instances, most.vcpus, most.memory_mi_b, most.disk_gi_b];
    context.output.show_essence(&body, &project.id, |style| table(&quota.used, limits).render(style))
}

fn look_or_change<T: DeserializeOwned>(
    context: &Context,
    path: &str,
    changes: Map<String, Value>,
) -> Result<Answer<T>, Failure> {
    match changes.is_empty() {
        true => context.client.get(path, &[]),
        false => context.client.change(Method::PATCH, path, Some(&changes)),
    }
}

/// Limits in the order of the rows; one that is not there is the org's.
fn table(used: &Amounts, [instances, vcpus, memory, disk]: [Option<u64>; 4]) -> Table {
    let mut table = Table::new([Column::fixed("OF"), Column::fixed("USED"), Column::fixed("MOST")], "");
    let mut row = |of: &str, used: u64, most: Option<u64>, word: fn(u64) -> String| {
        let most = most.map_or_else(|| "as the org".to_owned(), word);
        table.row([of.into(), word(used).into(), most.into()]);
    };
    row("instances", used.instances, instances, |number| number.to_string());
    row("vcpus", used.vcpus, vcpus, |number| number.to_string());
    row("memory", used.memory_mi_b, memory, size);
    row("disk", used.disk_gi_b, disk, |gib| size(gib.saturating_mul(1024)));
    table
}

/// What is to be changed, as the API takes it: a limit that is taken away is null, one that stays is left
/// out.
fn changes(args: &LimitArgs, away: &str) -> Result<Map<String, Value>, Failure> {
    let (mut changes, mut wrong) = (Map::new(), Vec::new());
    let given = [
        ("--instances", "instances", &args.instances),
        ("--vcpus", "vcpus", &args.vcpus),
        ("--memory", "memoryMiB", &args.memory),
        ("--disk", "diskGiB", &args.disk),
    ];
    for (flag, field, text) in given {
        let Some(text) = text else { continue };
        let value = match text.parse::<u32>() {
            Ok(number) => Value::from(number),
            Err(_) if text == away => Value::Null,
            Err(_) => {
                let message =
                    format!("write a whole number from 0 to {}, or {away} to take the limit away", u32::MAX);
                wrong.push(ProblemField { allowed: Vec::new(), field: flag.to_owned(), message });
                continue;
            }
        };
        changes.insert(field.to_owned(), value);
    }
    if wrong.is_empty() { Ok(changes) } else { Err(Failure::Invalid(wrong)) }
}
