/**
 * Whether a path belongs to Heroku's Platform API. One that does and has no endpoint here is answered with 501, so that
 * a client's author sees "not yet" instead of "no such thing".
 */
export function isOfferedByHeroku(path: string): boolean {
  const [root = '', , under] = path.split('/').filter((segment) => segment !== '');
  if (root !== 'apps') return ROOTS.has(root);
  return under === undefined || UNDER_APPS.has(under);
}

const ROOTS: ReadonlySet<string> = words(
  `account actions addon-attachments addon-region-capabilities addon-services addons app-setups apps dyno-sizes
   enterprise-accounts filters generations oauth password-resets pipeline-couplings pipeline-promotions
   pipeline-transfers pipelines plans regions review-apps schema sources spaces stacks teams telemetry-drains test-runs
   users`,
);

const UNDER_APPS: ReadonlySet<string> = words(
  `acm addon-attachments addons available-dyno-sizes available-stacks build-cache buildpack-installations builds
   collaborators config-vars domains dynos features formation formations log-drains log-sessions oci-images
   pipeline-couplings pre-authorizations releases review-app slugs sni-endpoints sources telemetry-drains
   webhook-deliveries webhook-events webhooks`,
);

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/));
}
