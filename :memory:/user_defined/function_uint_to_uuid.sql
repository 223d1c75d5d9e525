CREATE FUNCTION uint_to_uuid AS x -> reinterpretAsUUID(concat(substring(reinterpretAsString(x), 9, 8), substring(reinterpretAsString(x), 1, 8)))
