//! What the repository promises about itself: its plan, its tests, its README, what it depends on.

mod floors;
mod house;
mod licences;
mod readme;
mod suite;
