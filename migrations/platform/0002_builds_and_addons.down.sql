drop table app_setups;
drop table config_vars;
drop table addon_attachments;
drop table addons;
drop table builds;
drop table sources;
drop function notify_work();
