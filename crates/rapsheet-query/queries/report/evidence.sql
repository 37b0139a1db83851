-- Raw lines of the worst addresses: each address's own, as they were read.
-- $limit = 20000: how many in all
SELECT e.source_ip, e.timestamp, e.service_name, e.log_file_path, e.log_line, e.message
FROM events AS e
JOIN addresses AS a ON a.source_ip = e.source_ip
ORDER BY a.threat_score DESC, a.attempts DESC, e.source_ip, e.timestamp NULLS FIRST, e.log_file_path, e.log_line
LIMIT $limit
