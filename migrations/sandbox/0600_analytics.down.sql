drop table report_instances;
drop table dashboard_definitions;
drop table report_definitions;
