/** The arrows of the architecture. Each rule says why it is there; `npm run check:layers` holds them. */
const services = ['src', 'connect', 'sandbox'];

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A cycle means two files are one thing in two places.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'kit-stands-alone',
      comment: 'The kit has no domain word inside and knows no service.',
      severity: 'error',
      from: { path: '^src/kit/' },
      to: { path: '^(src|connect|sandbox|sample-apps|test|bench)/', pathNot: '^src/kit/' },
    },
    {
      name: 'src-meets-others-over-http',
      comment: 'Services meet over HTTP and SQL, as they would on three machines.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(connect|sandbox|sample-apps|test|bench)/' },
    },
    {
      name: 'connect-imports-only-the-kit',
      severity: 'error',
      from: { path: '^connect/' },
      to: { path: '^(src|sandbox|sample-apps|test|bench)/', pathNot: '^src/kit/' },
    },
    {
      name: 'sandbox-imports-only-the-kit',
      severity: 'error',
      from: { path: '^sandbox/' },
      to: { path: '^(src|connect|sample-apps|test|bench)/', pathNot: '^src/kit/' },
    },
    {
      name: 'sample-apps-are-strangers',
      comment: 'A sample app is deployed like any user’s app; it may use nothing of ours.',
      severity: 'error',
      from: { path: '^sample-apps/([^/]+)/' },
      to: { path: '^(src|connect|sandbox|test|bench|sample-apps)/', pathNot: '^sample-apps/$1/' },
    },
    ...services.map((service) => ({
      name: `${service}-core-is-pure`,
      comment: 'core imports nothing but core, kit and zod: no clock, no network, no database.',
      severity: 'error',
      from: { path: `^${service}/core/` },
      to: { pathNot: `^(${service}/core/|src/kit/|node_modules/zod/)` },
    })),
    {
      name: 'sync-knows-only-ports',
      comment: 'The loops run over ports, so that the same code runs in the simulator.',
      severity: 'error',
      from: { path: '^connect/sync/' },
      to: {
        path: '^connect/',
        pathNot: '^connect/(sync|core)/|^connect/(ports|limits|faults)\\.ts$',
      },
    },
    {
      name: 'adapters-do-not-know-each-other',
      severity: 'error',
      from: { path: '^connect/(salesforce|postgres)/' },
      to: { path: '^connect/(salesforce|postgres|api|sync)/', pathNot: '^connect/$1/' },
    },
    {
      name: 'salesforce-clients-in-one-folder',
      comment: 'connect/salesforce is the only folder that imports jsforce or @salesforce/core.',
      severity: 'error',
      from: { path: '^(src|connect|sandbox)/', pathNot: '^connect/salesforce/' },
      to: { path: 'node_modules/(jsforce|@jsforce|@salesforce)/' },
    },
    {
      name: 'connect-sql-in-one-folder',
      comment: 'connect/postgres is the only folder of Connect that speaks to a database.',
      severity: 'error',
      from: { path: '^connect/', pathNot: '^connect/postgres/|^connect/main\\.ts$' },
      to: {
        path: 'node_modules/(pg|pg-listen|pg-copy-streams|knex)/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'nothing-imports-main',
      severity: 'error',
      from: { path: '^(src|connect|sandbox)/' },
      to: { path: '^(src|connect|sandbox)/main\\.ts$' },
    },
    {
      name: 'only-declared-packages',
      comment: 'What is imported is in package.json.',
      severity: 'error',
      from: { path: '^(src|connect|sandbox|test|bench)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown'] },
    },
    {
      name: 'no-dev-packages-in-production',
      severity: 'error',
      from: { path: '^(src|connect|sandbox)/' },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
        pathNot: 'node_modules/@types/',
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)sample-apps/[^/]+/node_modules/|^test/clients/project/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
    babelConfig: { fileName: '.dependency-cruiser.babel.cjs' },
  },
};
