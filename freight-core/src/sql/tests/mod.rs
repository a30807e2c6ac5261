//! Tests of the tokenizer, the splitter and the placeholder scanner.

mod smoke;
