drop table sharing_rules;
