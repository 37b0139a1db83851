-- Raw lines in the order of time. Where there are more than have room, the lines of successful logins stay, then the earliest. Rust fills
-- the table events with the events of the addresses in question.
-- $limit = 100: how many
SELECT log_file_path, log_line, message
FROM (
  SELECT timestamp, log_file_path, log_line, message
  FROM events
  ORDER BY CASE WHEN event_action = 'login' AND event_outcome = 'success' THEN 0 ELSE 1 END, timestamp NULLS FIRST, log_file_path, log_line
  LIMIT $limit
) AS chosen
ORDER BY timestamp NULLS FIRST, log_file_path, log_line
