drop schema formula cascade;
