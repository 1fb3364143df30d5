//! Setting up a client by hand: the plugin's instructions with values filled in, the form for what the provider hands
//! out, and the writing into the person's settings.

pub(crate) mod entry;
pub(crate) mod form;
pub(crate) mod guide;
pub(crate) mod submit;
pub(crate) mod text;
