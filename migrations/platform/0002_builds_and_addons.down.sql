drop table app_setups;
drop table config_vars;
drop table addon_attachments;
drop table addons;
drop table builds;
drop table sources;
drop trigger releases_wait on releases;
drop function notify_work();
