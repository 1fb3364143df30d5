//! `types`: a name with its value, which nearly every part of a profile uses.

/// A name and its value, as in a query or a form.
pub type Pair = (String, String);
