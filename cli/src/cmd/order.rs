//! What is ordered, read with an eye on what is offered.

use crate::{
    api::{Catalogue, CreateInstanceRequest, ProblemField},
    args::CreateArgs,
    context::Context,
    failure::Failure,
};
use serde_json::Value;

/// The order. Numbers that are none are answered with what the server offers.
///
/// # Errors
/// [`Failure::Invalid`].
pub(super) fn read(context: &Context, args: &CreateArgs) -> Result<CreateInstanceRequest, Failure> {
    let number = |text: Option<&String>| text.map(|text| text.trim().parse::<u32>()).transpose();
    match (number(args.pg.as_ref()), number(args.disk.as_ref())) {
        (Ok(pg_version), Ok(disk_gi_b)) => Ok(CreateInstanceRequest {
            disk_gi_b,
            name: args.name.clone(),
            pg_version,
            plan: args.plan.clone(),
            tags: (!args.tags.is_empty())
                .then(|| args.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect()),
        }),
        (pg, disk) => {
            let catalogue: Catalogue = context.client.get("/plans", &[])?.value;
            let pg = pg.is_err().then(|| wrong_major(args.pg.as_deref().unwrap_or_default(), &catalogue));
            let disk =
                disk.is_err().then(|| wrong_disk(args.disk.as_deref().unwrap_or_default(), args, &catalogue));
            let plan = (!catalogue.data.iter().any(|plan| plan.name == args.plan))
                .then(|| wrong_plan(args, &catalogue));
            Err(Failure::Invalid([plan, pg, disk].into_iter().flatten().collect()))
        }
    }
}

fn wrong_plan(args: &CreateArgs, catalogue: &Catalogue) -> ProblemField {
    ProblemField {
        allowed: catalogue.data.iter().map(|plan| Value::from(plan.name.clone())).collect(),
        field: "plan".to_owned(),
        message: format!("{:?} is not a plan", args.plan),
    }
}

fn wrong_major(text: &str, catalogue: &Catalogue) -> ProblemField {
    ProblemField {
        allowed: catalogue.pg_versions.iter().map(|major| Value::from(*major)).collect(),
        field: "pgVersion".to_owned(),
        message: format!("{text:?} is not a Postgres major that is offered"),
    }
}

fn wrong_disk(text: &str, args: &CreateArgs, catalogue: &Catalogue) -> ProblemField {
    let plan = catalogue.data.iter().find(|plan| plan.name == args.plan);
    let range = plan.map(|plan| {
        let (least, most) = (plan.disk_gi_b_min, plan.disk_gi_b_max);
        format!(", {least} to {most} for plan {}", plan.name)
    });
    let message = format!("{text:?} is no size; write whole GiB{}", range.unwrap_or_default());
    ProblemField { allowed: Vec::new(), field: "diskGiB".to_owned(), message }
}
