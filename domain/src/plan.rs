//! What can be ordered: plans, Postgres majors, and the limits they carry.
//!
//! Source: specification §11. Its disk ranges are indicative and its own example orders `pro` with 100 GiB, so the
//! range of `pro` begins there.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A size of instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Plan {
    /// For trying things out.
    Nano,
    /// For small applications.
    Lite,
    /// For production.
    Pro,
    /// For heavy production.
    ProHeavy,
}

/// The resources of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PlanSpec {
    /// Virtual CPUs.
    pub vcpus: u32,
    /// Memory in MiB; containers get no swap.
    pub memory_mib: u32,
    /// Smallest data volume in GiB, also the default.
    pub disk_gib_min: u32,
    /// Largest data volume in GiB.
    pub disk_gib_max: u32,
    /// Connections that the tenant's role may hold at once.
    pub max_connections: u32,
}

impl Plan {
    /// Every plan, smallest first.
    pub const ALL: [Self; 4] = [Self::Nano, Self::Lite, Self::Pro, Self::ProHeavy];

    /// The name in JSON, on the command line and in the console.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nano => "nano",
            Self::Lite => "lite",
            Self::Pro => "pro",
            Self::ProHeavy => "pro-heavy",
        }
    }

    /// What the plan buys.
    pub const fn spec(self) -> PlanSpec {
        let (vcpus, memory_mib, disk_gib_min, disk_gib_max, max_connections) = match self {
            Self::Nano => (1, 2_048, 20, 40, 100),
            Self::Lite => (2, 4_096, 80, 100, 200),
            Self::Pro => (4, 8_192, 100, 200, 400),
            Self::ProHeavy => (8, 16_384, 300, 400, 800),
        };
        PlanSpec { vcpus, memory_mib, disk_gib_min, disk_gib_max, max_connections }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An order that the catalogue does not hold; the message names the allowed values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// No plan of that name.
    #[error("`{0}` is not a plan; choose one of nano, lite, pro, pro-heavy")]
    UnknownPlan(String),
    /// No server of that major version.
    #[error("Postgres {0} is not offered; choose one of 16, 17, 18")]
    UnknownMajor(u32),
    /// The data volume is smaller or larger than the plan allows.
    #[error("{given} GiB is out of range for plan {plan}; choose {min} to {max} GiB")]
    DiskOutOfRange {
        /// The plan that was asked for.
        plan: Plan,
        /// GiB that were asked for.
        given: u32,
        /// Smallest allowed, GiB.
        min: u32,
        /// Largest allowed, GiB.
        max: u32,
    },
}

impl FromStr for Plan {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, PlanError> {
        Self::ALL
            .into_iter()
            .find(|plan| plan.name() == text)
            .ok_or_else(|| PlanError::UnknownPlan(text.chars().take(40).collect()))
    }
}

/// A Postgres major version that the template carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct PgVersion(u32);

impl PgVersion {
    /// The majors on offer, oldest first.
    pub const ALL: [Self; 3] = [Self(16), Self(17), Self(18)];
    /// What a create without a version gets.
    pub const DEFAULT: Self = Self(17);

    /// The number.
    pub const fn major(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for PgVersion {
    type Error = PlanError;

    fn try_from(major: u32) -> Result<Self, PlanError> {
        Self::ALL.into_iter().find(|version| version.0 == major).ok_or(PlanError::UnknownMajor(major))
    }
}

impl From<PgVersion> for u32 {
    fn from(version: PgVersion) -> u32 {
        version.0
    }
}

impl fmt::Display for PgVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A data volume whose size fits its plan. Cannot be built otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    plan: Plan,
    disk_gib: u32,
}

impl Size {
    /// Checks `disk_gib` against the plan; `None` takes the plan's smallest.
    ///
    /// # Errors
    /// [`PlanError::DiskOutOfRange`].
    pub fn new(plan: Plan, disk_gib: Option<u32>) -> Result<Self, PlanError> {
        let spec = plan.spec();
        let given = disk_gib.unwrap_or(spec.disk_gib_min);
        let (min, max) = (spec.disk_gib_min, spec.disk_gib_max);
        if !(min..=max).contains(&given) {
            return Err(PlanError::DiskOutOfRange { plan, given, min, max });
        }
        Ok(Self { plan, disk_gib: given })
    }

    /// The plan.
    pub const fn plan(self) -> Plan {
        self.plan
    }

    /// Size of the data volume in GiB.
    pub const fn disk_gib(self) -> u32 {
        self.disk_gib
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specifications_example_is_accepted() {
        assert_eq!(Size::new(Plan::Pro, Some(100)).map(Size::disk_gib), Ok(100));
        assert_eq!("pro".parse(), Ok(Plan::Pro));
        assert_eq!(PgVersion::try_from(16).map(PgVersion::major), Ok(16));
    }

    #[test]
    fn every_plan_accepts_its_bounds_and_nothing_beyond() {
        for plan in Plan::ALL {
            let spec = plan.spec();
            assert_eq!(plan.name().parse(), Ok(plan));
            assert!(Size::new(plan, Some(spec.disk_gib_min)).is_ok());
            assert!(Size::new(plan, Some(spec.disk_gib_max)).is_ok());
            assert!(Size::new(plan, Some(spec.disk_gib_min - 1)).is_err());
            assert!(Size::new(plan, Some(spec.disk_gib_max + 1)).is_err());
        }
    }
}
