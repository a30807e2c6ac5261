//! Driver errors, classified: by code first, by text only as a last resort.
