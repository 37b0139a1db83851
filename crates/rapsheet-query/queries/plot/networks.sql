-- The /24 and /64 networks with most attempts, each with its autonomous system where details know it.
-- $limit = 21: how many
SELECT n.network AS network, o.autonomous_system AS autonomous_system, n.addresses AS addresses, n.attempts AS attempts
FROM networks AS n
LEFT JOIN (
  SELECT
    a.source_network AS network,
    max(concat_ws(' ', 'AS' || CAST(d.traits_autonomous_system_number AS STRING), d.traits_autonomous_system_organization)) AS autonomous_system
  FROM addresses AS a
  JOIN details AS d ON d.source_ip = a.source_ip
  WHERE d.traits_autonomous_system_number IS NOT NULL
  GROUP BY a.source_network
) AS o ON o.network = n.network
WHERE n.kind = 'network' AND n.attempts > 0
ORDER BY attempts DESC, addresses DESC, network
LIMIT $limit
