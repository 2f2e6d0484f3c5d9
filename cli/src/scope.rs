//! Looking up what names mean, by flag, selection, or because there is only one.

use crate::{
    api::{Instance, Job, Org, Project},
    args::{JobOneArgs, OneArgs, ProjectScope},
    client::Answer,
    context::Context,
    failure::Failure,
    resolve::{ResolveError, is_id, pick},
};

/// What an option or, without it, a variable says. One that is set to nothing means nothing.
fn given(option: Option<&String>, variable: &str) -> Option<String> {
    let option = option.cloned().filter(|text| !text.is_empty());
    option.or_else(|| std::env::var(variable).ok().filter(|text| !text.is_empty()))
}

const ORG: &str = "DBX_ORG";
const PROJECT: &str = "DBX_PROJECT";

/// What commands work in that name nothing themselves.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub(crate) name: String,
    /// The variable that says so; without one it is the selection.
    pub(crate) variable: Option<&'static str>,
}

impl Choice {
    /// With its origin, unless that is the usual one.
    pub(crate) fn text(&self) -> String {
        match self.variable {
            Some(variable) => format!("{} (from {variable})", self.name),
            None => self.name.clone(),
        }
    }
}

/// The variable, if it is set.
fn set(variable: &'static str) -> Option<&'static str> {
    given(None, variable).map(|_| variable)
}

impl Context {
    /// The org that a variable or the selection chooses; an error if that is not there.
    pub(crate) fn chosen_org(&self) -> Result<Option<Choice>, Failure> {
        let variable = set(ORG);
        if variable.is_none() && self.selection.org.is_none() {
            return Ok(None);
        }
        let name = self.org(None)?.name;
        Ok(Some(Choice { name, variable }))
    }

    /// The project that a variable or the selection chooses; an error if that is not there.
    pub(crate) fn chosen_project(&self) -> Result<Option<Choice>, Failure> {
        let found = self.narrowed(&ProjectScope::default())?;
        Ok(found.map(|project| Choice { name: project.name, variable: set(PROJECT) }))
    }

    /// The variable that chooses the org or the project, if it is set; a project may be looked for in the wrong org.
    pub(crate) fn variable_for(what: &str) -> Option<&'static str> {
        let project = if what == "project" { set(PROJECT) } else { None };
        project.or_else(|| set(ORG))
    }

    /// All orgs of the caller.
    pub(crate) fn orgs(&self) -> Result<Answer<Vec<Org>>, Failure> {
        self.client.list("/orgs", usize::MAX)
    }

    /// The org that is meant.
    pub(crate) fn org(&self, flag: Option<&String>) -> Result<Org, Failure> {
        let orgs = self.orgs()?.value;
        let about = |org: &Org| format!("({}, since {})", org.role, crate::output::moment(&org.created_at));
        if let Some(wanted) = given(flag, ORG) {
            return Ok(pick("org", &wanted, &orgs, "among yours", about)?.clone());
        }
        if let Some(chosen) = &self.selection.org {
            let unknown = |error| match error {
                ResolveError::Unknown { what, known, .. } => ResolveError::Unknown {
                    what,
                    wanted: chosen.name.clone(),
                    place: "any more; select another with `dbx org select`".to_owned(),
                    known,
                },
                other => other,
            };
            return Ok(pick("org", &chosen.id, &orgs, "", about).map_err(unknown)?.clone());
        }
        match <[Org; 1]>::try_from(orgs) {
            Ok([org]) => Ok(org),
            Err(orgs) if orgs.is_empty() => {
                Err(ResolveError::Missing { what: "org", create: "dbx org create \"My org\"" }.into())
            }
            Err(orgs) => Err(ResolveError::unselected("org", "--org", &orgs).into()),
        }
    }

    /// All projects of an org.
    pub(crate) fn projects_of(&self, org: &Org) -> Result<Answer<Vec<Project>>, Failure> {
        self.client.list(&format!("/orgs/{}/projects", org.id), usize::MAX)
    }

    /// The project that the scope names, if it names or selects one.
    pub(crate) fn narrowed(&self, scope: &ProjectScope) -> Result<Option<Project>, Failure> {
        if let Some(wanted) = given(scope.project.as_ref(), PROJECT) {
            return self.project_named(&wanted, scope.org.as_ref()).map(Some);
        }
        match &self.selection.project {
            // The selected project belongs to the selected org; another org was asked for.
            Some(_) if given(scope.org.as_ref(), ORG).is_some() => Ok(None),
            Some(chosen) => Ok(Some(self.client.get(&format!("/projects/{}", chosen.id), &[])?.value)),
            None => Ok(None),
        }
    }

    /// The project of this name or id.
    pub(crate) fn project_named(&self, wanted: &str, org: Option<&String>) -> Result<Project, Failure> {
        if is_id("prj_", wanted) {
            return Ok(self.client.get(&format!("/projects/{wanted}"), &[])?.value);
        }
        let org = self.org(org)?;
        let projects = self.projects_of(&org)?.value;
        let place = format!("in org {}", org.name);
        Ok(pick("project", wanted, &projects, &place, |_| String::new())?.clone())
    }

    /// The projects to look into: one, or all of the org.
    pub(crate) fn projects(&self, scope: &ProjectScope) -> Result<Vec<Project>, Failure> {
        match self.narrowed(scope)? {
            Some(project) => Ok(vec![project]),
            None => Ok(self.projects_of(&self.org(scope.org.as_ref())?)?.value),
        }
    }

    /// The project to put something into.
    pub(crate) fn project(&self, scope: &ProjectScope) -> Result<Project, Failure> {
        let projects = self.projects(scope)?;
        match <[Project; 1]>::try_from(projects) {
            Ok([project]) => Ok(project),
            Err(projects) if projects.is_empty() => {
                Err(ResolveError::Missing { what: "project", create: "dbx project create myapp" }.into())
            }
            Err(projects) => Err(ResolveError::unselected("project", "--project", &projects).into()),
        }
    }

    /// All instances of some projects, as one page.
    pub(crate) fn instances(&self, projects: &[Project]) -> Result<Answer<Vec<Instance>>, Failure> {
        self.gather(projects, "instances", usize::MAX)
    }

    /// What each of some projects lists under a word, as one page.
    pub(crate) fn gather<T: serde::de::DeserializeOwned>(
        &self,
        projects: &[Project],
        what: &str,
        limit: usize,
    ) -> Result<Answer<Vec<T>>, Failure> {
        let (mut value, mut items) = (Vec::new(), Vec::new());
        for project in projects {
            let mut page: Answer<Vec<T>> =
                self.client.list(&format!("/projects/{}/{what}", project.id), limit)?;
            value.append(&mut page.value);
            if let Some(serde_json::Value::Array(data)) = page.body.get_mut("data") {
                items.append(data);
            }
        }
        Ok(Answer { value, body: serde_json::json!({ "data": items, "nextPageToken": null }) })
    }

    /// The instance of this name or id.
    pub(crate) fn instance(&self, one: &OneArgs) -> Result<Answer<Instance>, Failure> {
        self.instance_named(&one.instance, &one.scope)
    }

    /// The instance of this name or id.
    pub(crate) fn instance_named(
        &self,
        wanted: &str,
        scope: &ProjectScope,
    ) -> Result<Answer<Instance>, Failure> {
        let read = |id: &str| self.client.get(&format!("/instances/{id}"), &[]);
        if is_id("ins_", wanted) {
            return read(wanted);
        }
        if let Some(error) = ResolveError::wrong_kind("instance", wanted) {
            return Err(error.into());
        }
        let projects = self.projects(scope)?;
        let place = match projects.as_slice() {
            [project] => format!("in project {}", project.name),
            _ => "in any project of the org".to_owned(),
        };
        let name = |id: &str| {
            projects.iter().find(|project| project.id == id).map_or_else(|| id.to_owned(), |p| p.name.clone())
        };
        let instances = self.instances(&projects)?.value;
        let about = |instance: &Instance| format!("(project {})", name(&instance.project_id));
        read(&pick("instance", wanted, &instances, &place, about)?.id)
    }

    /// The id of a job: named itself, or as an instance's current one.
    pub(crate) fn job_id(&self, args: &JobOneArgs) -> Result<String, Failure> {
        if is_id("job_", &args.job) {
            return Ok(args.job.clone());
        }
        let instance = self.instance_named(&args.job, &args.scope)?.value;
        let none = || ResolveError::NoJob { name: instance.name.clone() };
        Ok(instance.current_job_id.clone().ok_or_else(none)?)
    }

    /// As [`Context::job_id`]; where nothing is being done, the instance's last one.
    pub(crate) fn last_job_id(&self, args: &JobOneArgs) -> Result<String, Failure> {
        if is_id("job_", &args.job) {
            return Ok(args.job.clone());
        }
        let instance = self.instance_named(&args.job, &args.scope)?.value;
        if let Some(job) = instance.current_job_id {
            return Ok(job);
        }
        let jobs: Answer<Vec<Job>> =
            self.client.list(&format!("/projects/{}/jobs", instance.project_id), usize::MAX)?;
        let last = jobs.value.into_iter().find(|job| job.instance_id == instance.id);
        let none = ResolveError::NoJob { name: instance.name };
        Ok(last.ok_or(none)?.id)
    }
}
