//! Binding values and reading them.
