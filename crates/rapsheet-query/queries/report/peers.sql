-- The addresses of the report's rows.
SELECT address_id, source_ip FROM peers
