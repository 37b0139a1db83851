-- What the selected addresses did on each day. Rust fills the table selected (source_ip) with the addresses in question.
SELECT
  x.day AS day,
  sum(x.attempts) AS attempts,
  sum(x.successes) AS successes,
  sum(x.events) AS events,
  count(DISTINCT x.source_ip) AS addresses
FROM address_hours AS x
JOIN selected AS s ON s.source_ip = x.source_ip
WHERE x.day IS NOT NULL
GROUP BY x.day
ORDER BY day
