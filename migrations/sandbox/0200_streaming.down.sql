drop table stream_state;
drop table stream_events;
