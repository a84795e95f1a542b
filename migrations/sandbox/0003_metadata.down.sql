drop table metadata_jobs, metadata_components;
