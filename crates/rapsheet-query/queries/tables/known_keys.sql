-- Keys of which a person said whose they are, by fingerprint, with what was said, and until when (absent: for good).
SELECT
  value AS openssh_auth_key,
  max(coalesce(note, value)) AS note,
  CASE WHEN count(known_until) = count(*) THEN max(known_until) END AS known_until
FROM known
WHERE kind = 'key'
GROUP BY value
