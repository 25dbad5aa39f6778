//! Azure's own forecast beside ours.
