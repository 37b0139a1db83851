-- What came under a host name alone, where a log has no address. It counts among the attempts; but nothing can be looked up, and
-- nothing joined to what came under the host's address.
SELECT
  p.source_domain AS source_domain,
  min(k.first_seen) AS first_seen,
  max(k.last_seen) AS last_seen,
  sum(k.attempts) AS attempts,
  sum(k.events) AS events,
  coalesce(sum(k.failed_logins), 0) AS failed_logins,
  coalesce(sum(CASE WHEN k.event_action = 'refused' AND NOT k.suspicious THEN k.events ELSE k.attempts - k.failed_logins END) FILTER (WHERE k.event_category = 'authentication'), 0) AS connections,
  coalesce(sum(k.attempts) FILTER (WHERE k.service_name = 'sshd'), 0) AS sshd_attempts,
  coalesce(sum(k.attempts) FILTER (WHERE k.event_category = 'web'), 0) AS web_attempts,
  coalesce(sum(k.events) FILTER (WHERE k.event_action = 'login' AND k.event_outcome = 'success'), 0) AS successes
FROM rollup_kind AS k
JOIN peers AS p ON p.address_id = k.address_id
WHERE p.source_domain IS NOT NULL
GROUP BY p.source_domain
