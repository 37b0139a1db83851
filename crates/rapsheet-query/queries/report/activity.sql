-- Events of each address by hour and by all that the report's page filters by, as ids. Rows may repeat their keys: whoever packs
-- them for the page adds them up, and puts hours together.
SELECT address_id, facet_id, hour_id, events, attempts, http_response_body_bytes AS bytes FROM rollup_facet
