//! The plugin host with real components: honest ones, hostile ones, broken ones.

#[cfg(test)]
mod catalogue;
#[cfg(test)]
mod data;
#[cfg(test)]
mod directory;
#[cfg(test)]
mod grant_lies;
#[cfg(test)]
mod hook_lies;
#[cfg(test)]
mod hooks;
#[cfg(test)]
mod known;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod loading;
#[cfg(test)]
mod profile_lies;
#[cfg(test)]
mod support;
#[cfg(test)]
mod trial;
