//! The steps so far, as a trail or the result of an earlier run shows them.

use serde_json::Value;

use super::ensured::{Ensured, Kept, Trail, trail};

/// The steps so far: a trail, or what `ensure` gave.
#[derive(Debug, Clone, Default)]
pub struct History {
    trail: Vec<Trail>,
    redeclares: u32,
    lost: Option<i64>,
}

impl History {
    /// Reads a trail (a list), or what `ensure` gave (a map); anything else is an empty history.
    pub fn from_value(value: &Value) -> History {
        match value {
            Value::Array(list) => History::of_trail(trail(list)),
            Value::Object(_) => Ensured::from_value(value)
                .map(|ensured| History::kept(&ensured.trail, &ensured.kept))
                .unwrap_or_default(),
            _ => History::default(),
        }
    }

    fn of_trail(trail: Vec<Trail>) -> History {
        let answered = trail.iter().filter(|entry| entry.did == "redeclare" && entry.state.is_some()).count();
        History { redeclares: u32::try_from(answered).unwrap_or(u32::MAX), lost: None, trail }
    }

    /// The steps so far by what a run keeps.
    pub(crate) fn kept(trail: &[Trail], kept: &Kept) -> History {
        let history = History::of_trail(trail.to_vec());
        History { redeclares: history.redeclares.max(kept.redeclares), lost: kept.lost, ..history }
    }

    /// The time of the last declare, if it was answered and nothing else was done since.
    pub(crate) fn declared_at(&self) -> Option<i64> {
        let last = self.trail.iter().rev().find(|entry| entry.did != "query")?;
        (last.did == "declare" && last.state.is_some()).then_some(last.at)
    }

    /// The time at which the state was first seen, if it is the last that was seen.
    pub(crate) fn first_seen(&self, state: &str) -> Option<i64> {
        let same = self.trail.iter().rev().take_while(|entry| entry.state.as_deref() == Some(state));
        same.last().map(|entry| entry.at)
    }

    pub(crate) fn last_change(&self) -> Option<i64> {
        self.trail.last().map(|entry| entry.at)
    }

    pub(crate) fn redeclares(&self) -> u32 {
        self.redeclares
    }

    /// The time up to which the port lost it, if it was lost as first seen.
    pub(crate) fn lost(&self) -> Option<i64> {
        self.lost
    }
}
