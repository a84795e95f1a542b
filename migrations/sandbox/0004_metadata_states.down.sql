drop index metadata_components_name;
delete from metadata_components one using metadata_components other
 where one.type = other.type and one.full_name = other.full_name and one.file_name > other.file_name;
alter table metadata_components drop constraint metadata_components_pkey, add primary key (type, full_name);
drop index metadata_jobs_unfinished;
alter table metadata_jobs drop column state, drop column request;
