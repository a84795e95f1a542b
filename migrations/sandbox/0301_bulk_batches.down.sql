drop table bulk_batches;
