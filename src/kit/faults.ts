import { defineFaults } from './fault.ts';

/** Every way the kit says no. */
export const { table: FAULTS, fault } = defineFaults({
  SECRET_KEY_UNUSABLE: {
    status: 500,
    retry: false,
    means: 'The key file that protects stored secrets is missing its bytes, or others may read it.',
  },
  SECRET_UNREADABLE: {
    status: 500,
    retry: false,
    means: 'A stored secret was made with another key, belongs to another owner, or was altered.',
  },
  POSTGRES_UNAVAILABLE: {
    status: 503,
    retry: true,
    means: 'The PostgreSQL server cannot be started or does not answer.',
  },
});
