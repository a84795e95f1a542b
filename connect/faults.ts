import { defineFaults } from '../src/kit/fault.ts';

/** Every way Connect says no. The table in README.md is compared with this one by a test. */
export const { table: FAULTS, fault } = defineFaults({
  AUTHORIZATION_REFUSED: {
    status: 400,
    retry: false,
    means:
      'The connection cannot be authorized as asked: a setting is missing, or the login page’s answer is not for it.',
  },
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
  SALESFORCE_AWAY: {
    status: 503,
    retry: true,
    means: 'The org did not answer, or said that it cannot now; it is asked again.',
  },
  SALESFORCE_HOST_REFUSED: {
    status: 400,
    retry: false,
    means:
      'An address is not Salesforce’s and not among LANDBRIDGE_SF_HOSTS, so no token is sent there.',
  },
  SALESFORCE_ORG_INACTIVE: {
    status: 409,
    retry: true,
    means: 'The org is locked or inactive.',
  },
  SALESFORCE_REFUSED: {
    status: 502,
    retry: false,
    means: 'The org refused a request; its code and words are in the message.',
  },
  SALESFORCE_UNAUTHORIZED: {
    status: 409,
    retry: true,
    means:
      'The org takes neither the token nor a new login: the connection has to be authorized again.',
  },
  SCHEMA_UNUSABLE: {
    status: 409,
    retry: false,
    means: 'The connection’s schema holds tables or views that stand in the way.',
  },
});
