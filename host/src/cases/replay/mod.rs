//! Plays a case: the login code of `connect` runs, and the case is all that it meets.
//!
//! `play` walks through the steps, `world` sets up settings, time and randomness, and `mock_provider` answers every
//! request. May use `case`, `slots` and `messages`. No request leaves the process, and the same case plays the same way
//! every time.

mod mock_provider;
mod play;
mod world;

pub use play::replay;
