-- What to do: findings that ask for the same step are one decision, the gravest first. Each has its two weightiest subjects (an address, a
-- network, a path), how many there are, and the weights of the first one and of all.
WITH grave AS (
  SELECT
    severity, kind, question, source_ip, source_network, user_name, url_path, addresses, weight,
    max(CASE WHEN question IN ('after_failures', 'new_place') AND severity = 'critical' THEN 1 ELSE 0 END) OVER (PARTITION BY source_ip) AS is_intruder
  FROM findings
  WHERE severity <> 'notice'
),
keyed AS (
  SELECT
    CASE
      WHEN source_ip IS NOT NULL AND is_intruder = 1 AND question IS DISTINCT FROM 'handed_out' THEN 'intrusion'
      WHEN question IN ('after_failures', 'new_place') THEN 'login'
      WHEN question = 'handed_out' AND kind = 'attack_answered' THEN 'shell'
      WHEN question = 'handed_out' THEN 'handed_out'
      WHEN kind IN ('distributed', 'slow_brute_force', 'never_banned') AND source_ip IS NULL THEN 'network'
      ELSE kind
    END AS decision,
    CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END AS gravity,
    CASE WHEN question = 'handed_out' OR kind = 'attack_answered' THEN url_path ELSE coalesce(source_ip, source_network, user_name) END AS subject,
    user_name, addresses, weight
  FROM grave
),
subjects AS (
  SELECT decision, subject, min(gravity) AS gravity, max(user_name) AS user_name, max(addresses) AS addresses, max(weight) AS weight
  FROM keyed
  GROUP BY decision, subject
),
placed AS (
  SELECT
    decision, subject, gravity, user_name, addresses, weight,
    row_number() OVER (PARTITION BY decision ORDER BY gravity, weight DESC, subject NULLS LAST) AS place
  FROM subjects
)
SELECT
  decision,
  CASE min(gravity) WHEN 0 THEN 'critical' ELSE 'warning' END AS severity,
  count(*) AS subjects,
  sum(addresses) AS addresses,
  sum(weight) AS weight,
  max(subject) FILTER (WHERE place = 1) AS first_subject,
  max(subject) FILTER (WHERE place = 2) AS second_subject,
  max(user_name) FILTER (WHERE place = 1) AS first_user,
  max(user_name) FILTER (WHERE place = 2) AS second_user,
  max(addresses) FILTER (WHERE place = 1) AS first_addresses,
  max(weight) FILTER (WHERE place = 1) AS first_weight,
  CASE decision WHEN 'intrusion' THEN 0 WHEN 'shell' THEN 1 WHEN 'handed_out' THEN 2 WHEN 'login' THEN 3 WHEN 'root_login_by_password' THEN 4 WHEN 'network' THEN 5
    WHEN 'never_banned' THEN 6 WHEN 'slow_brute_force' THEN 7 WHEN 'returns_after_ban' THEN 8 ELSE 9 END AS turn
FROM placed
GROUP BY decision
ORDER BY min(gravity), turn, decision
