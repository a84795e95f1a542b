import { accountEndpoint, found, listAnswer, param } from '../endpoint.ts';
import { planBody, planIdentity } from './body.ts';
import { getPlan, getService } from './find.ts';

export const planListByService = accountEndpoint(
  { method: 'get', path: '/addon-services/:service/plans' },
  async (platform, call) => {
    const service = getService(platform, param(call, 'service'));
    return listAnswer(call, service.plans, {
      by: { name: (plan) => plan.name },
      body: (plan) => planBody(service, plan),
    });
  },
);

export const planInfoByService = accountEndpoint(
  { method: 'get', path: '/addon-services/:service/plans/:plan' },
  async (platform, call) => {
    const service = getService(platform, param(call, 'service'));
    const wanted = param(call, 'plan');
    const plan = service.plans.find(
      ({ name }) =>
        name === wanted || name === `${service.name}:${wanted}` || planIdentity(name).id === wanted,
    );
    return { body: planBody(service, found(plan, 'plan')) };
  },
);

export const planInfo = accountEndpoint(
  { method: 'get', path: '/plans/:plan' },
  async (platform, call) => {
    const { service, plan } = getPlan(platform, param(call, 'plan'));
    return { body: planBody(service, plan) };
  },
);
