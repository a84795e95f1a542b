drop table profile_login_ranges;
