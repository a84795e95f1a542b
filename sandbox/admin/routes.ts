/** What the admin API has, as `GET /admin` lists it. */
export const ADMIN_ROUTES = [
  [
    'POST /admin/seed',
    '{object, count, seed}: makes records at once; the same seed, the same values',
  ],
  ['GET /admin/settings', 'delays, clock, limits'],
  ['PATCH /admin/settings', 'some of them anew'],
  ['GET /admin/faults', 'the rules by which things go wrong, and how often they have'],
  ['POST /admin/faults', '{point, subject, effect, count, probability, seed, skip}: one more rule'],
  ['DELETE /admin/faults', 'no rules any more'],
  ['DELETE /admin/faults/:id', 'one rule less'],
  ['PUT /admin/connected-apps/:clientId', 'a connected app'],
  ['POST /admin/snapshots/:name', 'copies every record aside'],
  ['POST /admin/snapshots/:name/restore', 'puts them back'],
  ['DELETE /admin/snapshots/:name', 'drops the copy'],
] as const;
