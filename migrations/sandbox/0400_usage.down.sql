alter table bulk_jobs drop column retries;
alter table query_cursors drop column parent_cursor, drop column child;
drop table usage_counts;
