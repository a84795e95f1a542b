import { appEndpoint, listAnswer } from '../endpoint.ts';

/** Buildpacks are found by themselves: none is set. */
export const buildpackInstallationList = appEndpoint(
  { method: 'get', path: '/apps/:app/buildpack-installations', access: 'view' },
  async (_, call) =>
    listAnswer<never>(call, [], { by: { ordinal: () => 0 }, body: (none) => none }),
);
