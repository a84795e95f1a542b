import { fault } from '../../faults.ts';
import { IMPORT_TIMEOUT_MS } from '../../limits.ts';
import { connectionFor } from '../authorize.ts';
import { param, type Endpoint } from '../context.ts';

/** An object as the org describes it. */
export const showSchema: Endpoint = {
  method: 'get',
  path: '/api/v3/connections/:id/schemas/:object',
  async handle(api, request) {
    const { life } = await connectionFor(api, request);
    const object = param(request, 'object');
    const describe = /^[A-Za-z][A-Za-z0-9_]{0,79}$/.test(object)
      ? await life.withOpened(({ org }) =>
          org.describer.describe(object, AbortSignal.timeout(IMPORT_TIMEOUT_MS)),
        )
      : null;
    if (describe === null) {
      throw fault('NOT_FOUND', `The org has no object ${object}, or does not show it.`);
    }
    return {
      status: 200,
      body: {
        ...describe,
        fields: describe.fields.map((field) => ({
          ...field,
          required: !field.nillable && !field.defaultedOnCreate && field.createable,
        })),
      },
    };
  },
};
