drop table notification;
drop table mapping;
drop table authorization_attempt;
drop table authorization_grant;
drop table connection;
