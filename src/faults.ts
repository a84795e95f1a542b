import { defineFaults } from './kit/fault.ts';

/**
 * Every way the platform says no. Over HTTP the code, in lower case, is the `id` of the error's JSON. The table of the
 * README of src/ is checked against this one by a test.
 */
export const { fault, table: FAULTS } = defineFaults({
  UNAUTHORIZED: {
    status: 401,
    retry: false,
    means: 'The request has no token, or one that is not valid (any more).',
  },
  FORBIDDEN: {
    status: 403,
    retry: false,
    means: 'The account may see the app but not do this to it.',
  },
  NOT_FOUND: {
    status: 404,
    retry: false,
    means: 'There is no such thing, or the account may not know of it.',
  },
  BAD_REQUEST: {
    status: 400,
    retry: false,
    means: 'The request cannot be read: its JSON, a header or its path is malformed.',
  },
  INVALID_PARAMS: {
    status: 422,
    retry: false,
    means: 'The request was understood, and a value in it cannot be used.',
  },
  CONFLICT: {
    status: 409,
    retry: true,
    means: 'Something else is under way that has to end first.',
  },
  REQUEST_TOO_LARGE: {
    status: 413,
    retry: false,
    means: 'The body is larger than the bound for its route.',
  },
  REQUESTED_RANGE_NOT_SATISFIABLE: {
    status: 416,
    retry: false,
    means: 'The Range header cannot be read or names a property that the list is not sorted by.',
  },
  NOT_IMPLEMENTED: {
    status: 501,
    retry: false,
    means: 'The route is part of the Heroku Platform API, and Landbridge does not offer it yet.',
  },
  PROVIDER_UNAVAILABLE: {
    status: 503,
    retry: true,
    means:
      'The provider of an add-on does not answer. Provisioning goes on by itself once it does.',
  },
  PROVIDER_REFUSED: {
    status: 422,
    retry: false,
    means: 'The provider of an add-on refuses; the message is the provider’s.',
  },
  CONNECT_UNAVAILABLE: {
    status: 502,
    retry: true,
    means: 'The Connect service does not answer.',
  },
  BAD_ENVIRONMENT: {
    status: 500,
    retry: false,
    means: 'A variable of the platform’s environment is missing or cannot be used.',
  },
  SOURCE_UNUSABLE: {
    status: 422,
    retry: false,
    means:
      'The source archive cannot be fetched, is not a tar.gz, or holds what may not be unpacked.',
  },
  BUILD_FAILED: {
    status: 422,
    retry: false,
    means: 'The app could not be built; the build’s output says why.',
  },
  NO_FREE_PORT: {
    status: 503,
    retry: true,
    means: 'Every port that dynos may listen on is taken.',
  },
  INTERNAL: {
    status: 500,
    retry: true,
    means: 'A defect of the platform. The log has the details under the request id.',
  },
});
