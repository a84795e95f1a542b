import { defineFaults } from '../kit/fault.ts';

/** Every way the command line says no. */
export const { table: FAULTS, fault } = defineFaults({
  PORT_TAKEN: {
    status: 409,
    retry: false,
    means: 'A port that Landbridge needs is in use by another program.',
  },
  CONNECTION_FAILED: {
    status: 502,
    retry: false,
    means: 'The sample app’s connection did not come to a state in which it synchronizes.',
  },
  HOME_UNUSABLE: {
    status: 500,
    retry: false,
    means: 'The folder LANDBRIDGE_HOME cannot be written.',
  },
  ALREADY_RUNNING: {
    status: 409,
    retry: false,
    means: 'Another `npm start` runs on the same LANDBRIDGE_HOME.',
  },
  BAD_ENVIRONMENT: {
    status: 500,
    retry: false,
    means: 'A variable of the environment does not have the form it must have.',
  },
  SERVICE_FAILED: {
    status: 503,
    retry: true,
    means: 'One of the services of `npm start` ended before it was ready, or did not become ready.',
  },
  DEPLOY_FAILED: {
    status: 422,
    retry: false,
    means:
      'The build or the first release of an app failed; the message ends with the last lines of its output.',
  },
  ORG_REFUSED: {
    status: 502,
    retry: false,
    means: 'The sandbox org refused a request of the first set-up.',
  },
  SETUP_REFUSED: {
    status: 502,
    retry: false,
    means: 'A request of the first set-up was refused by one of our own services.',
  },
});
