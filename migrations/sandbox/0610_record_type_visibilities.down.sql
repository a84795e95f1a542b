drop table record_type_visibilities;
