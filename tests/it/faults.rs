//! The built hub and what is too much for it, or gone: answers of a hundred megabytes, and the hub itself killed while
//! clients hold sessions.

mod restarts;
mod sizes;
