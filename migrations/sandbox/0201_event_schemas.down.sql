drop table event_schemas;
