drop table managed_event_subscriptions;
alter table stream_state drop column last_transaction_key, drop column last_commit_number;
alter table event_channel_members drop column enriched_fields, drop column filter_expression;
