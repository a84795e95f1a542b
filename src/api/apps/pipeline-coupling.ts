import { appEndpoint, found } from '../endpoint.ts';

/** No app is in a pipeline yet; `heroku apps:info` asks. */
export const appPipelineCoupling = appEndpoint(
  { method: 'get', path: '/apps/:app/pipeline-couplings', access: 'view' },
  async () => found<never>(undefined, 'pipeline coupling'),
);
