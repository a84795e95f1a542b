import { DYNO_SIZES, findDynoSize } from '../../core/dyno-size.ts';
import { accountEndpoint, found, param } from '../endpoint.ts';
import { dynoSizeBody, dynoSizeIdentity } from './body.ts';

export const dynoSizeInfo = accountEndpoint(
  { method: 'get', path: '/dyno-sizes/:size' },
  async (_, call) => {
    const identity = param(call, 'size');
    const size =
      findDynoSize(identity) ??
      DYNO_SIZES.find(({ name }) => dynoSizeIdentity(name).id === identity);
    return { body: dynoSizeBody(found(size, 'dyno size')) };
  },
);
