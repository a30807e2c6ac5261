//! What a statement is, read from its first words: may it run in a transaction, what does it change.
