-- Every address, the one with the highest threat score first: the order in which the web service is asked about them.
SELECT source_ip
FROM addresses
ORDER BY threat_score DESC NULLS LAST, attempts DESC, source_ip
