/** A plan of an add-on service. What is installed on one's own machine costs nothing. */
export interface Plan {
  /** `heroku-postgresql:essential-0` */
  readonly name: string;
  readonly humanName: string;
  readonly description: string;
  readonly isDefault: boolean;
}

/** An add-on service, as `heroku addons:services` lists it. */
export interface AddonService {
  readonly name: string;
  readonly humanName: string;
  readonly plans: readonly Plan[];
  /** Names its attachments get: those of the first in an app, and those of later ones (`COLOR` becomes a free color). */
  readonly firstAttachments: readonly string[];
  readonly laterAttachments: readonly string[];
}

export interface Catalog {
  readonly services: readonly AddonService[];
}

export const CATALOG: Catalog = {
  services: [
    {
      name: 'heroku-postgresql',
      humanName: 'Heroku Postgres',
      plans: [
        plan(
          'heroku-postgresql:essential-0',
          'Essential 0',
          'A database and a role of the app’s own',
          true,
        ),
        plan(
          'heroku-postgresql:essential-1',
          'Essential 1',
          'A database and a role of the app’s own',
          false,
        ),
        plan(
          'heroku-postgresql:essential-2',
          'Essential 2',
          'A database and a role of the app’s own',
          false,
        ),
        plan('heroku-postgresql:mini', 'Mini', 'Former name of Essential 0', false),
        plan('heroku-postgresql:basic', 'Basic', 'Former name of Essential 0', false),
        plan(
          'heroku-postgresql:standard-0',
          'Standard 0',
          'A database and a role of the app’s own',
          false,
        ),
      ],
      firstAttachments: ['DATABASE', 'HEROKU_POSTGRESQL_COLOR'],
      laterAttachments: ['HEROKU_POSTGRESQL_COLOR'],
    },
    {
      name: 'herokuconnect',
      humanName: 'Heroku Connect',
      plans: [
        plan(
          'herokuconnect:demo',
          'Demo Edition',
          'Salesforce data in the app’s Postgres, both ways',
          true,
        ),
        plan(
          'herokuconnect:enterprise',
          'Enterprise',
          'Salesforce data in the app’s Postgres, both ways',
          false,
        ),
        plan(
          'herokuconnect:shield',
          'Shield',
          'Salesforce data in the app’s Postgres, both ways',
          false,
        ),
      ],
      firstAttachments: ['HEROKUCONNECT'],
      laterAttachments: ['HEROKUCONNECT_COLOR'],
    },
  ],
};

function plan(name: string, humanName: string, description: string, isDefault: boolean): Plan {
  return { name, humanName, description, isDefault };
}

/** The service and plan of `heroku-postgresql:essential-0`, or of `heroku-postgresql`, whose default plan it is. */
export function findPlan(
  catalog: Catalog,
  name: string,
): { readonly service: AddonService; readonly plan: Plan } | undefined {
  const [serviceName = ''] = name.split(':');
  const service = catalog.services.find((candidate) => candidate.name === serviceName);
  const found = service?.plans.find((plan) =>
    name.includes(':') ? plan.name === name : plan.isDefault,
  );
  return service === undefined || found === undefined ? undefined : { service, plan: found };
}

/** Colors that tell one database of an app from another. */
export const COLORS = [
  'AMBER',
  'AQUA',
  'BLACK',
  'BLUE',
  'BRONZE',
  'BROWN',
  'CHARCOAL',
  'COBALT',
  'COPPER',
  'CRIMSON',
  'CYAN',
  'GOLD',
  'GRAY',
  'GREEN',
  'IVORY',
  'JADE',
  'MAROON',
  'MAUVE',
  'NAVY',
  'OLIVE',
  'ONYX',
  'ORANGE',
  'PINK',
  'PUCE',
  'PURPLE',
  'RED',
  'ROSE',
  'SILVER',
  'TEAL',
  'VIOLET',
  'WHITE',
  'YELLOW',
] as const;
