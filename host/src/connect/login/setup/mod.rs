//! Setting up a client by hand: the plugin's instructions filled in, the form for what the provider hands out, and what is written
//! into the person's settings.

pub(crate) mod entry;
pub(crate) mod form;
pub(crate) mod guide;
pub(crate) mod submit;
pub(crate) mod text;
