//! What can be ordered.

use crate::{
    api::Catalogue,
    client::Answer,
    context::Context,
    failure::Failure,
    output::{Column, Table, size},
};

pub(super) fn list(context: &Context) -> Result<(), Failure> {
    let Answer { value: catalogue, body } = context.client.get::<Catalogue>("/plans", &[])?;
    let columns = [
        Column::flexible("PLAN"),
        Column::fixed("VCPU"),
        Column::fixed("MEMORY"),
        Column::fixed("DISK"),
        Column::fixed("CONNECTIONS"),
    ];
    let mut table = Table::new(columns, "No plans.");
    for plan in &catalogue.data {
        let disk = format!("{} to {} GiB", plan.disk_gi_b_min, plan.disk_gi_b_max);
        let memory = size(plan.memory_mi_b.into());
        let (cpus, connections) = (plan.vcpus.to_string(), plan.max_connections.to_string());
        table.row([(&plan.name).into(), cpus.into(), memory.into(), disk.into(), connections.into()]);
    }
    let majors: Vec<String> = catalogue.pg_versions.iter().map(ToString::to_string).collect();
    let versions =
        format!("Postgres {}; {} unless asked for.", majors.join(", "), catalogue.default_pg_version);
    context.output.show(&body, |style| format!("{}\n{versions}", table.render(style)))
}
