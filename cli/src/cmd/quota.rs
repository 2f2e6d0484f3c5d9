//! How much an org may use.

use crate::{
    api::{ProblemField, Quota, UpdateQuotaRequest},
    args::QuotaArgs,
    client::Answer,
    context::Context,
    failure::Failure,
    output::{Column, Table, size},
};
use ureq::http::Method;

pub(super) fn run(context: &Context, args: &QuotaArgs) -> Result<(), Failure> {
    let request = request(args)?;
    let org = context.org(args.scope.org.as_ref())?;
    let path = format!("/orgs/{}/quota", org.id);
    let Answer { value: quota, body } = match request {
        Some(request) => context.client.change::<Quota>(Method::PATCH, &path, Some(&request))?,
        None => context.client.get(&path, &[])?,
    };
    let (used, limits) = (&quota.used, &quota.limits);
    let mut table = Table::new([Column::fixed("OF"), Column::fixed("USED"), Column::fixed("MOST")], "");
    let number =
        |of: &str, used: u64, most: u64| [of.into(), used.to_string().into(), most.to_string().into()];
    table.row(number("instances", used.instances, limits.instances));
    table.row(number("vcpus", used.vcpus, limits.vcpus));
    table.row(["memory".into(), size(used.memory_mi_b).into(), size(limits.memory_mi_b).into()]);
    table.row(["disk".into(), size(used.disk_gi_b * 1024).into(), size(limits.disk_gi_b * 1024).into()]);
    context.output.show_essence(&body, &org.id, |style| table.render(style))
}

/// What is to be changed, if anything.
fn request(args: &QuotaArgs) -> Result<Option<UpdateQuotaRequest>, Failure> {
    let mut wrong = Vec::new();
    let mut read = |flag: &str, text: Option<&String>| {
        let number = text?.parse::<u32>();
        if number.is_err() {
            let message = format!("write a whole number from 0 to {}", u32::MAX);
            wrong.push(ProblemField { allowed: Vec::new(), field: flag.to_owned(), message });
        }
        number.ok()
    };
    let request = UpdateQuotaRequest {
        disk_gi_b: read("--disk", args.disk.as_ref()),
        instances: read("--instances", args.instances.as_ref()),
        memory_mi_b: read("--memory", args.memory.as_ref()),
        vcpus: read("--vcpus", args.vcpus.as_ref()),
    };
    let is_empty = request == UpdateQuotaRequest::default();
    match wrong.is_empty() {
        true => Ok((!is_empty).then_some(request)),
        false => Err(Failure::Invalid(wrong)),
    }
}
