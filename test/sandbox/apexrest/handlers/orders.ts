import type { ApexCall } from '../../../../sandbox/apexrest/handler.ts';

export const urlMapping = '/Orders/*';

const idOf = ({ requestURI }: ApexCall): string => requestURI.slice('/Orders/'.length);

const read = async (call: ApexCall): Promise<unknown> =>
  (await call.records.query(`SELECT Id, Name, Phone FROM Account WHERE Id = '${idOf(call)}'`))[0];

export const GET = read;

export const POST = async ({ body, records }: ApexCall): Promise<unknown> =>
  records.create('Account', { ...Object(body) });

export const PATCH = async (call: ApexCall): Promise<unknown> => {
  await call.records.update('Account', { ...Object(call.body), Id: idOf(call) });
  return read(call);
};

export const DELETE = async (call: ApexCall): Promise<void> => {
  await call.records.delete(idOf(call));
};
