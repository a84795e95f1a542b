drop table event_channel_members;
drop table event_channels;
