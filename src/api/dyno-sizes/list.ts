import { DYNO_SIZES, type DynoSize } from '../../core/dyno-size.ts';
import { accountEndpoint, appEndpoint, listAnswer } from '../endpoint.ts';
import { dynoSizeBody } from './body.ts';

const LISTING = { by: { name: (size: DynoSize) => size.name }, body: dynoSizeBody };

export const dynoSizeList = accountEndpoint(
  { method: 'get', path: '/dyno-sizes' },
  async (_, call) => listAnswer(call, DYNO_SIZES, LISTING),
);

export const dynoSizeListByApp = appEndpoint(
  { method: 'get', path: '/apps/:app/available-dyno-sizes', access: 'view' },
  async (_, call) => listAnswer(call, DYNO_SIZES, LISTING),
);
