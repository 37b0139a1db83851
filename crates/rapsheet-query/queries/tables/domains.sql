-- What came under a host name alone, where a log has no address. It counts among the attempts; but nothing can be looked up, and
-- nothing joined to what came under the host's address.
SELECT
  source_domain,
  min(first_seen) AS first_seen,
  max(last_seen) AS last_seen,
  sum(attempts) AS attempts,
  sum(events) AS events,
  coalesce(sum(attempts) FILTER (WHERE service_name = 'sshd'), 0) AS sshd_attempts,
  coalesce(sum(attempts) FILTER (WHERE service_name IN ('apache', 'nginx', 'web')), 0) AS web_attempts,
  coalesce(sum(events) FILTER (WHERE event_action = 'login' AND event_outcome = 'success'), 0) AS successes
FROM activity
WHERE source_domain IS NOT NULL AND source_ip IS NULL
GROUP BY source_domain
