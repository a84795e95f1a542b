import { defineFaults } from '../src/kit/fault.ts';

/** How the sandbox org itself fails; what it answers to Salesforce's clients is in salesforce-error.ts. */
export const { table: FAULTS, fault } = defineFaults({
  BAD_ENVIRONMENT: {
    status: 500,
    retry: false,
    means: 'A variable the sandbox org needs is missing or malformed; the message names it.',
  },
  BAD_DEFINITION: {
    status: 500,
    retry: false,
    means: 'A stored definition of a custom object or field cannot be read.',
  },
});
