-- How many raw lines there are of the addresses in question, with whose events Rust fills the table events.
SELECT count(*) AS events
FROM events
