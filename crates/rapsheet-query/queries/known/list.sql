-- Who is known, in the order of the files that say so.
SELECT kind, value, scope, note, paths, known_until, origin, origin_line
FROM known
ORDER BY known_id
