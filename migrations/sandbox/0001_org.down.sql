drop schema org cascade;
drop function salesforce_id(text, text, bigint);
drop table change_journal, org_identity, custom_fields, custom_objects;
