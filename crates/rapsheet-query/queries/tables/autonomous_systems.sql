-- In whose networks the addresses are; the row without a number is of those of which nothing is known.
SELECT
  d.traits_autonomous_system_number AS traits_autonomous_system_number,
  max(d.traits_autonomous_system_organization) AS traits_autonomous_system_organization,
  count(*) AS addresses,
  sum(a.attempts) AS attempts,
  sum(a.successes) AS successes,
  sum(a.bans) AS bans,
  min(a.first_seen) AS first_seen,
  max(a.last_seen) AS last_seen
FROM addresses AS a
LEFT JOIN details AS d ON d.source_ip = a.source_ip
GROUP BY d.traits_autonomous_system_number
