drop table sharing_rules;
drop table org_wide_defaults;
