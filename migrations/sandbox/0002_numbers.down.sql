drop table query_cursor_pages, query_cursors, hard_deletions;
drop sequence record_number;
