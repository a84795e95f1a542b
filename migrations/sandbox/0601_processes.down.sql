drop table workflow_definitions;
drop table record_locks;
drop table process_states;
drop table process_definitions;
