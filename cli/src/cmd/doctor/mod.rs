//! Can I reach the API, and an instance, with TLS, from here?
//!
//! Every check that can still be made is made; each says what to do next. Nothing is changed and no password is asked
//! for: an instance is reached up to the end of its TLS handshake. A server that hangs is one of the findings: every call
//! is made once and given up soon, and what is known by then is shown.

mod checkup;
mod instance;
mod postgres;
mod server;

use crate::{args::DoctorArgs, context::Context, failure::Failure};
use checkup::{Checkup, State};

pub(super) fn run(mut context: Context, args: &DoctorArgs) -> Result<(), Failure> {
    context.client = context.client.hasty(server::PATIENCE);
    let context = &context;
    let mut checkup = Checkup::default();
    checkup.add(context, server::files(context))?;
    let address = server::address(context);
    let is_reached = address.state != State::Bad;
    checkup.add(context, address)?;
    if is_reached {
        checkup.add(context, server::encryption(context))?;
        checkup.add(context, server::answer(context))?;
        let session = server::session(context);
        let is_signed_in = session.state == State::Good;
        checkup.add(context, session)?;
        if is_signed_in {
            checkup.add(context, server::selection(context))?;
        }
        if let (Some(wanted), true) = (&args.instance, is_signed_in) {
            instance::look(context, wanted, &args.scope, &mut checkup)?;
        }
    }
    checkup.add(context, server::psql())?;
    checkup.finish(context)
}
