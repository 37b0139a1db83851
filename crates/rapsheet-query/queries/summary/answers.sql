-- The gravest finding that answers each question of the verdict, and how many there are that are as grave. Who came from a new place goes
-- before those whose failures are told already.
SELECT question, severity, statement, evidence, source_ip, at, alike
FROM (
  SELECT
    question, severity, statement, evidence, source_ip, at,
    count(*) OVER (PARTITION BY question, severity) AS alike,
    row_number() OVER (PARTITION BY question ORDER BY
      CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END,
      CASE WHEN question = 'new_place' THEN is_intruder WHEN kind IN ('got_in', 'probed_secret_answered') THEN 0 ELSE 1 END,
      weight DESC, at DESC NULLS LAST, source_ip NULLS LAST, statement) AS place
  FROM (
    SELECT
      question, severity, kind, statement, evidence, source_ip, at, weight,
      max(CASE WHEN question = 'after_failures' THEN 1 ELSE 0 END) OVER (PARTITION BY source_ip) AS is_intruder
    FROM findings
    WHERE question IS NOT NULL AND severity <> 'notice'
  ) AS grave
) AS ranked
WHERE place = 1
ORDER BY question
