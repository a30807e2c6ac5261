//! Histories of other tools: found by their columns, read, verified with the tool's own
//! algorithm, and left untouched. One file per tool.
