drop table bulk_v1_batches;
alter table bulk_jobs drop column pk_chunk_size;
