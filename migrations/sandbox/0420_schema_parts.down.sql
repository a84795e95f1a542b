drop table schema_parts;
