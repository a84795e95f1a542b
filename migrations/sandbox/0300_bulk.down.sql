drop table bulk_jobs;
drop sequence bulk_numbers;
