-- The shapes of lines that nobody understood, the most frequent first.
-- $limit = 10: how many
SELECT shape, lines, sample, log_file_path, log_line
FROM unknown_lines
ORDER BY lines DESC, shape, log_file_path, log_line
LIMIT $limit
