//! Changing an instance.
//!
//! Labels are replaced as a whole by the API; here they are changed one by one. So the change is made to the version
//! that was read, and read again if somebody was faster.

use crate::{
    api::{Instance, UpdateInstanceRequest},
    args::UpdateArgs,
    client::Answer,
    context::Context,
    failure::{Again, Failure},
};

/// How often somebody may be faster.
const ATTEMPTS: usize = 5;

pub(super) fn run(context: &Context, args: &UpdateArgs) -> Result<(), Failure> {
    if let Some(tag) = args.tags.iter().find(|tag| args.untag.contains(&tag.key)) {
        let message = format!("label {} is to be both set and removed", tag.key);
        return Err(Failure::Usage(message, "say one of --tag and --untag"));
    }
    let mut attempt = 1;
    loop {
        let instance = context.instance(&args.one)?.value;
        let path = format!("/instances/{}", instance.id);
        let request = request(args, &instance);
        let again = match request.tags {
            // All labels are sent, and others may have changed some meanwhile.
            Some(_) => Again::Other(instance.id.clone()),
            None => Again::ById(instance.id.clone()),
        };
        let changed: Result<Answer<Instance>, Failure> =
            context.client.change_version(&path, instance.version, &request, again);
        match changed {
            Err(Failure::Problem(answered)) if answered.problem.status == 412 && attempt < ATTEMPTS => {
                attempt += 1
            }
            Err(failure) => return Err(failure),
            Ok(Answer { value, body }) => {
                return super::instance::present(context, &value, &body);
            }
        }
    }
}

fn request(args: &UpdateArgs, instance: &Instance) -> UpdateInstanceRequest {
    let tags = (!args.tags.is_empty() || !args.untag.is_empty()).then(|| {
        let mut tags = instance.tags.clone();
        tags.retain(|key, _| !args.untag.contains(key));
        tags.extend(args.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())));
        tags
    });
    UpdateInstanceRequest {
        name: args.name.clone(),
        tags,
        termination_protection: match (args.protect, args.unprotect) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        },
    }
}
