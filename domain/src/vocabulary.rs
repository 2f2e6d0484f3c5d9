//! The two macros that turn a domain vocabulary into cqrs-es types without repeating each name three times.

/// Declares an event enum together with its names and its [`cqrs_es::DomainEvent`] implementation. The version in
/// `@ N` is that of the payload's shape; raising it obliges an upcaster and a golden file for the old shape.
macro_rules! events {
    ($(#[$doc:meta])* $enum:ident {
        $($(#[$variant_doc:meta])* $variant:ident @ $version:literal {
            $($(#[$field_doc:meta])* $field:ident: $type:ty,)*
        })*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub enum $enum {
            $($(#[$variant_doc])* $variant { $($(#[$field_doc])* $field: $type,)* },)*
        }

        impl $enum {
            /// Every event name, for tests that must cover them all.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($variant),)*];

            /// The event's name, as in the `event_type` column.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$variant { .. } => stringify!($variant),)* }
            }
        }

        impl cqrs_es::DomainEvent for $enum {
            fn event_type(&self) -> String {
                self.name().to_owned()
            }

            fn event_version(&self) -> String {
                match self { $(Self::$variant { .. } => concat!($version, ".0.0"),)* }.to_owned()
            }
        }
    };
}

/// Implements [`cqrs_es::Aggregate`] and [`crate::Decide`] by the type's own pure `decide` and `evolve`.
macro_rules! aggregate {
    ($type:ty, $name:literal, $command:ty, $event:ty, $error:ty) => {
        impl crate::Decide for $type {
            fn decide(&self, command: $command) -> Result<Vec<$event>, $error> {
                Self::decide(self, command)
            }
        }

        impl cqrs_es::Aggregate for $type {
            const TYPE: &'static str = $name;
            type Command = $command;
            type Event = $event;
            type Error = $error;
            type Services = ();

            async fn handle(
                &mut self,
                command: Self::Command,
                _services: &(),
                sink: &cqrs_es::event_sink::EventSink<Self>,
            ) -> Result<(), Self::Error> {
                for event in Self::decide(self, command)? {
                    sink.write(event, self).await;
                }
                Ok(())
            }

            fn apply(&mut self, event: Self::Event) {
                self.evolve(event);
            }
        }
    };
}

pub(crate) use {aggregate, events};
