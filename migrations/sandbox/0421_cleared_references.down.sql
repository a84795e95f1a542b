drop table cleared_references;
