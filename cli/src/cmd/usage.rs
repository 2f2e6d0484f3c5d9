//! How long instances ran.

use crate::{
    api::Usage,
    args::UsageArgs,
    client::Answer,
    context::Context,
    failure::Failure,
    output::{Column, Table, moment},
};

pub(super) fn run(context: &Context, args: &UsageArgs) -> Result<(), Failure> {
    let org = context.org(args.scope.org.as_ref())?;
    let given = [("from", &args.from), ("to", &args.to)];
    let query: Vec<(&str, String)> =
        given.into_iter().filter_map(|(name, when)| Some((name, when.as_ref()?.to_string()))).collect();
    let Answer { value: usage, body } =
        context.client.get::<Usage>(&format!("/orgs/{}/usage", org.id), &query)?;
    let ids: Vec<&str> = usage.instances.iter().map(|one| one.instance_id.as_str()).collect();
    context.output.show_essence(&body, &ids.join("\n"), |style| {
        let mut plans = Table::new([Column::fixed("PLAN"), Column::fixed("HOURS")], "Nothing ran.");
        for plan in &usage.plans {
            plans.row([(&plan.plan).into(), hours(plan.instance_hours).into()]);
        }
        let columns = [
            Column::flexible("INSTANCE"),
            Column::fixed("PLAN"),
            Column::fixed("HOURS"),
            Column::optional("ID"),
        ];
        let mut instances = Table::new(columns, "");
        for one in &usage.instances {
            instances.row([
                (&one.name).into(),
                (&one.plan).into(),
                hours(one.hours).into(),
                (&one.instance_id).into(),
            ]);
        }
        let span = format!("{} to {}", moment(&usage.from), moment(&usage.to));
        format!("{span}\n\n{}\n{}", plans.render(style), instances.render(style).trim_start())
    })
}

fn hours(hours: f64) -> String {
    format!("{hours:.2}")
}
