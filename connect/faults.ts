import { defineFaults } from '../src/kit/fault.ts';

/** Every way Connect says no. The table in README.md is compared with this one by a test. */
export const { table: FAULTS, fault } = defineFaults({
  DATABASE_REFUSED: {
    status: 503,
    retry: true,
    means: 'The application’s database could not be reached, or refused a statement.',
  },
  LOAD_PAGE_REPEATED: {
    status: 503,
    retry: true,
    means: 'A page of a bulk load met rows that appeared meanwhile; it is read again and merged.',
  },
  LOAD_PAGE_UNREADABLE: {
    status: 502,
    retry: true,
    means: 'A page of a bulk load does not have the columns that were asked for.',
  },
  MAPPING_FILE_REFUSED: {
    status: 422,
    retry: false,
    means:
      'A mapping file has faults; all of them are listed, and nothing of the file was created.',
  },
  MAPPING_NOT_FOUND: { status: 404, retry: false, means: 'The connection has no such mapping.' },
  SCHEMA_UNUSABLE: {
    status: 409,
    retry: false,
    means: 'The connection’s schema holds tables or views that stand in the way.',
  },
});
