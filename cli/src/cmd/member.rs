//! Who belongs to an org: members and invitations.

use super::{
    issued::{Issued, needs_stdout},
    org,
};
use crate::{
    api::{CreateInvitationRequest, Invitation, IssuedInvitation, Member, Org, UpdateMemberRequest, User},
    args::{InviteArgs, MemberArgs, OrgScope, RoleArg},
    client::Answer,
    confirm,
    context::Context,
    failure::Failure,
    output::{Cell, Column, Record, Table, Tone, clean, moment},
    question,
    resolve::pick,
};
use serde_json::Value;
use std::io::{IsTerminal as _, stdin};
use ureq::http::Method;

fn members(context: &Context, org: &Org) -> Result<Answer<Vec<Member>>, Failure> {
    context.client.list(&format!("/orgs/{}/members", org.id), usize::MAX)
}

pub(super) fn list(context: &Context, scope: &OrgScope) -> Result<(), Failure> {
    let Answer { value: members, body } = members(context, &context.org(scope.org.as_ref())?)?;
    let columns = [
        Column::flexible("NAME"),
        Column::flexible("EMAIL"),
        Column::fixed("ROLE"),
        Column::optional("JOINED"),
        Column::optional("ID"),
    ];
    let mut table = Table::new(columns, "Nobody.");
    for member in &members {
        table.row([
            member.display_name.as_deref().unwrap_or("-").into(),
            member.email.as_deref().unwrap_or("-").into(),
            member.role.to_string().into(),
            Cell::new(&moment(&member.joined_at), Tone::Dim),
            Cell::new(&member.user_id, Tone::Dim),
        ]);
    }
    context.output.show(&body, |style| table.render(style))
}

/// A member by address, id or displayed name.
fn find(context: &Context, args: &MemberArgs) -> Result<(Org, Member), Failure> {
    let org = context.org(args.scope.org.as_ref())?;
    let members = members(context, &org)?.value;
    let wanted = args.member.as_str();
    let is_called = |member: &&Member| member.display_name.as_deref() == Some(wanted);
    let mut called = members.iter().filter(is_called);
    let member = match (called.next(), called.next()) {
        // Displayed names are not unique, so only a name that one member has will do.
        (Some(member), None) => member,
        _ => pick("member", wanted, &members, &format!("in org {}", org.name), |_| String::new())?,
    };
    let member = member.clone();
    Ok((org, member))
}

fn called(member: &Member) -> String {
    clean(member.email.as_deref().or(member.display_name.as_deref()).unwrap_or(&member.user_id))
}

pub(super) fn set_role(context: &Context, args: &MemberArgs, role: RoleArg) -> Result<(), Failure> {
    let (org, member) = find(context, args)?;
    let path = format!("/orgs/{}/members/{}", org.id, member.user_id);
    let request = UpdateMemberRequest { role: role.into() };
    let Answer { value: member, body } =
        context.client.change::<Member>(Method::PATCH, &path, Some(&request))?;
    context
        .output
        .show(&body, |_| format!("{} is {} of {} now.", called(&member), member.role, clean(&org.name)))
}

pub(super) fn remove(context: &Context, args: &MemberArgs, force: bool) -> Result<(), Failure> {
    let (org, member) = find(context, args)?;
    let name = called(&member);
    if !force {
        let means = "will be out of the org, and their API keys will stop working";
        confirm::by_name(context, &confirm::Loss { what: "member", name: &name, means })?;
    }
    take_out(context, &org.id, &member.user_id, &format!("{name} is out of {}.", clean(&org.name)))
}

pub(super) fn leave(context: &Context, wanted: &str, force: bool) -> Result<(), Failure> {
    let org = context.even_gone("org_", wanted, org::one(context, wanted))?;
    if !force {
        let means = "you will be out of it, and only its members can let you in again";
        confirm::by_name(context, &confirm::Loss { what: "org", name: &org.name, means })?;
    }
    let me: User = context.client.get("/users/me", &[])?.value;
    take_out(context, &org.id, &me.id, &format!("You left org {}.", clean(&org.name)))?;
    org::forget(context, &org.id)
}

fn take_out(context: &Context, org: &str, user: &str, done: &str) -> Result<(), Failure> {
    let path = format!("/orgs/{org}/members/{user}");
    let removed = context.client.change::<Value>(Method::DELETE, &path, None::<&()>)?;
    context.output.show(&removed.body, |_| done.to_owned())
}

pub(super) fn invite(context: &Context, args: &InviteArgs) -> Result<(), Failure> {
    needs_stdout("link")?;
    let org = context.org(args.scope.org.as_ref())?;
    let request = CreateInvitationRequest { email: args.email.clone(), role: args.role.into() };
    let path = format!("/orgs/{}/invitations", org.id);
    let Answer { value: issued, body } =
        context.client.change::<IssuedInvitation>(Method::POST, &path, Some(&request))?;
    let link = Issued {
        what: "link",
        secret: issued.link.as_deref(),
        id: &issued.id,
        otherwise: format!("invite again; this one is of no use: dbx org uninvite {}", issued.id),
    };
    link.show(context, &body, |link, style| {
        Record::new()
            .with("link", link)
            .with("for", &args.email)
            .with("role", issued.role.to_string())
            .with("org", &org.name)
            .with("until", moment(&issued.expires_at))
            .render(style)
    })?;
    let is_mailed = body.get("mail").is_some_and(|mail| !mail.is_null());
    context.note(match is_mailed {
        true => {
            "the link is shown this once; a mail brings it too, how it fares: dbx org invitations -o json"
        }
        false => "the link is shown this once; hand it over yourself, no mail is sent",
    });
    Ok(())
}

fn open(context: &Context, org: &Org) -> Result<Answer<Vec<Invitation>>, Failure> {
    context.client.list(&format!("/orgs/{}/invitations", org.id), usize::MAX)
}

pub(super) fn invitations(context: &Context, scope: &OrgScope) -> Result<(), Failure> {
    let Answer { value: invitations, body } = open(context, &context.org(scope.org.as_ref())?)?;
    let columns =
        [Column::flexible("FOR"), Column::fixed("ROLE"), Column::fixed("UNTIL"), Column::optional("ID")];
    let mut table = Table::new(columns, "No open invitations. Make one: dbx org invite EMAIL --role member");
    for invitation in &invitations {
        table.row([
            invitation.email.as_deref().unwrap_or("-").into(),
            invitation.role.to_string().into(),
            moment(&invitation.expires_at).into(),
            Cell::new(&invitation.id, Tone::Dim),
        ]);
    }
    context.output.show(&body, |style| table.render(style))
}

pub(super) fn uninvite(context: &Context, wanted: &str, scope: &OrgScope) -> Result<(), Failure> {
    let org = context.org(scope.org.as_ref())?;
    let open = open(context, &org)?.value;
    let about = |invitation: &Invitation| format!("({})", invitation.role);
    let found = pick("invitation", wanted, &open, &format!("into org {}", org.name), about);
    let found = context.even_gone("inv_", wanted, found.cloned().map_err(Failure::from))?;
    let path = format!("/orgs/{}/invitations/{}", org.id, found.id);
    let withdrawn = context.client.change::<Value>(Method::DELETE, &path, None::<&()>)?;
    context.output.show(&withdrawn.body, |_| format!("The invitation for {} is withdrawn.", clean(wanted)))
}

pub(super) fn accept(context: &Context, given: Option<String>) -> Result<(), Failure> {
    let text = match given {
        Some(text) => text,
        None if stdin().is_terminal() => {
            question::ask("Link of the invitation", "the link of the invitation", "dbx org accept LINK")?
        }
        None => question::first_line()?,
    };
    // In a link the token stands last, behind `#` or as the end of the path.
    let is_link = text.starts_with("https://") || text.starts_with("http://");
    let token = if is_link { text.rsplit(['#', '/']).next().unwrap_or_default() } else { text.as_str() };
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if token.is_empty() || !token.chars().all(sound) {
        let message = "that is no link of an invitation".to_owned();
        return Err(Failure::Usage(message, "give the whole link, or what stands behind # in it"));
    }
    let path = format!("/invitations/{token}/accept");
    let Answer { value: org, body } = context.client.change::<Org>(Method::POST, &path, None::<&()>)?;
    context.output.show(&body, |style| org::record(&org).render(style))?;
    context.note(&format!("work in it: dbx org use {}", org.id));
    Ok(())
}
