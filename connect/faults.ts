import { defineFaults } from '../src/kit/fault.ts';

/** Every way Connect says no. The table in README.md is compared with this one by a test. */
export const { table: FAULTS, fault } = defineFaults({
  AUTHORIZATION_REFUSED: {
    status: 400,
    retry: false,
    means:
      'The connection cannot be authorized as asked: a setting is missing, or the login page’s answer is not for it.',
  },
  BAD_ENVIRONMENT: {
    status: 500,
    retry: false,
    means: 'A setting of the environment is missing or wrong; Connect does not start.',
  },
  BAD_REQUEST: {
    status: 400,
    retry: false,
    means: 'The request is not of the form that the route takes.',
  },
  CALL_BUDGET_SPENT: {
    status: 503,
    retry: true,
    means: 'A mapping has made the calls it may make in a day; it goes on by itself.',
  },
  CONNECTION_NOT_FOUND: {
    status: 404,
    retry: false,
    means: 'There is no such connection, or the caller may not see its app.',
  },
  CONNECTION_NOT_READY: {
    status: 409,
    retry: true,
    means:
      'The connection cannot do this now: it has no database or org yet, is paused, or one of them is away.',
  },
  DATABASE_REFUSED: {
    status: 503,
    retry: true,
    means: 'The application’s database could not be reached, or refused a statement.',
  },
  DATABASE_UNKNOWN: {
    status: 409,
    retry: true,
    means: 'The app has no config var of that name with a PostgreSQL URL.',
  },
  FORBIDDEN: {
    status: 403,
    retry: false,
    means: 'The caller may not use the app.',
  },
  INTERNAL: {
    status: 500,
    retry: true,
    means: 'Connect failed; its log has the details.',
  },
  LOAD_PAGE_REPEATED: {
    status: 503,
    retry: true,
    means:
      'A page of a bulk load met rows that appeared meanwhile, or values that do not fit; it is read again and merged.',
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
  NOT_BUILT: {
    status: 501,
    retry: false,
    means: 'This part of Heroku Connect is not there yet.',
  },
  NOT_FOUND: {
    status: 404,
    retry: false,
    means: 'There is nothing at this address for the caller.',
  },
  PLATFORM_AWAY: {
    status: 503,
    retry: true,
    means:
      'The platform did not answer, so the caller’s rights or the app’s database are not known.',
  },
  REQUEST_TOO_LARGE: {
    status: 413,
    retry: false,
    means: 'The body is larger than the route takes.',
  },
  REVISION_CONFLICT: {
    status: 409,
    retry: false,
    means: 'The mapping was edited since the caller read it.',
  },
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
  UNAUTHENTICATED: {
    status: 401,
    retry: false,
    means: 'The credentials are missing or wrong.',
  },
});
