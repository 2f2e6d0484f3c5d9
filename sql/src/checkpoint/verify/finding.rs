//! What a verification finds, in sentences.

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// The content or the hash of an event was changed.
    #[error(
        "{kind} {id}: event #{sequence} was edited{}",
        if *certain { "" } else { " (or the one before it was, and given a hash that fits)" }
    )]
    Edited {
        /// Kind of stream.
        kind: String,
        /// Which stream.
        id: String,
        /// Which event.
        sequence: u64,
        /// Whether a checkpoint proves the event before it.
        certain: bool,
    },
    /// Events are missing between others.
    #[error("{kind} {id}: {} dropped", range(*from, *to))]
    Dropped {
        /// Kind of stream.
        kind: String,
        /// Which stream.
        id: String,
        /// The first of them.
        from: u64,
        /// The last of them.
        to: u64,
    },
    /// An event stands in the place of another.
    #[error("{kind} {id}: events were reordered: what stands at #{sequence} was written as #{written_as}")]
    Reordered {
        /// Kind of stream.
        kind: String,
        /// Which stream.
        id: String,
        /// Where it stands.
        sequence: u64,
        /// Where it belongs.
        written_as: u64,
    },
    /// The end of a stream, or all of it, is missing.
    #[error("{kind} {id}: {} cut off; checkpoint {checkpoint} proves that there were {to}", range(*from, *to))]
    Truncated {
        /// Kind of stream.
        kind: String,
        /// Which stream.
        id: String,
        /// The first that is missing.
        from: u64,
        /// The last that a checkpoint proves.
        to: u64,
        /// The checkpoint.
        checkpoint: u64,
    },
    /// The chain was made anew to fit other content.
    #[error(
        "{kind} {id}: {} rewritten with hashes that fit; checkpoint {checkpoint} proves others",
        range(*from, *to)
    )]
    Rewritten {
        /// Kind of stream.
        kind: String,
        /// Which stream.
        id: String,
        /// The first event that may be meant.
        from: u64,
        /// The last event that may be meant.
        to: u64,
        /// The checkpoint.
        checkpoint: u64,
    },
    /// The time of an event was changed.
    #[error("{kind} {id}: the time of {} changed; checkpoint {checkpoint} proves another", range(*from, *to))]
    TimeChanged {
        /// Kind of stream.
        kind: String,
        /// Which stream.
        id: String,
        /// The first event that may be meant.
        from: u64,
        /// The last event that may be meant.
        to: u64,
        /// The checkpoint.
        checkpoint: u64,
    },
    /// An event that this program did not write, or whose hash was taken away.
    #[error(
        "{kind} {id}: event #{sequence} has no hash: another program wrote it, and nobody vouches for it"
    )]
    Foreign {
        /// Kind of stream.
        kind: String,
        /// Which stream.
        id: String,
        /// Which event.
        sequence: u64,
    },
    /// An event is dated before the one that it follows.
    #[error("{kind} {id}: event #{sequence} is dated before the one that it follows")]
    Backdated {
        /// Kind of stream.
        kind: String,
        /// Which stream.
        id: String,
        /// Which event.
        sequence: u64,
    },
    /// An event's place in the order of all events was changed.
    #[error("{kind} {id}: the place of event #{sequence} in the order of all events was changed: {why}")]
    Moved {
        /// Kind of stream.
        kind: String,
        /// Which stream.
        id: String,
        /// Which event.
        sequence: u64,
        /// What does not fit.
        why: &'static str,
    },
    /// The order of all events is not the one in which checkpoints covered them.
    #[error(
        "the order of all events was changed: {one} stands behind {other}, which a later checkpoint was the first to \
         cover ({checkpoint} covered the former)"
    )]
    OrderChanged {
        /// The event that stands too late, unless the other stands too early.
        one: String,
        /// The event that stands too early, unless the one stands too late.
        other: String,
        /// The first checkpoint that covers the one.
        checkpoint: u64,
    },
    /// Checkpoints are missing.
    #[error("checkpoint {}", missing(*from, *to))]
    CheckpointsDropped {
        /// The first of them.
        from: u64,
        /// The last of them.
        to: u64,
    },
    /// A checkpoint is not what was signed.
    #[error("checkpoint {number} was changed: {why}")]
    CheckpointEdited {
        /// Which.
        number: u64,
        /// What does not fit.
        why: String,
    },
    /// One head of a checkpoint was changed; the stream's events are what was signed.
    #[error(
        "checkpoint {number}: its head of {kind} {id} at event #{sequence} was changed; the events are as signed"
    )]
    HeadEdited {
        /// Which checkpoint.
        number: u64,
        /// Kind of stream.
        kind: String,
        /// Which stream.
        id: String,
        /// The event.
        sequence: u64,
    },
    /// The heads of a checkpoint do not lead to the root that was signed.
    #[error(
        "checkpoint {number}: its heads were edited, dropped or added; from here on the heads prove nothing, only the \
         streams' own chains are checked"
    )]
    HeadsChanged {
        /// Which checkpoint.
        number: u64,
    },
}

fn range(from: u64, to: u64) -> String {
    match from == to {
        true => format!("event #{from} was"),
        false => format!("events #{from} to #{to} were (one or several of them)"),
    }
}

fn missing(from: u64, to: u64) -> String {
    match from == to {
        true => format!("{from} was dropped"),
        false => format!("{from} and those up to {to} were dropped"),
    }
}
