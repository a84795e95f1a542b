/** Heroku's rule for names of apps; the name is also the first label of its host name. */
const FORM = /^[a-z][a-z0-9-]{1,28}[a-z0-9]$/;

/** Why an app cannot have that name; undefined when it can. */
export function faultOfAppName(name: string): string | undefined {
  if (name.length > 30) return 'Name is too long (maximum is 30 characters)';
  if (name.length < 3) return 'Name is too short (minimum is 3 characters)';
  if (!FORM.test(name)) {
    return 'Name must start with a letter, end with a letter or digit and can only contain lowercase letters, digits, and dashes';
  }
  return RESERVED.has(name) ? `Name ${name} is reserved` : undefined;
}

/** Host names under `localhost` that mean something else. */
const RESERVED: ReadonlySet<string> = new Set([
  'api',
  'git',
  'registry',
  'www',
  'localhost',
  'dashboard',
]);

const ADJECTIVES =
  'amber ancient autumn blooming bold bright calm clear cool crimson damp dawn deep dry early evening fresh gentle golden green hidden hollow icy keen late light lively long misty morning mossy nameless noble open pale patient polished proud quiet rapid round rustic sandy secret serene shaded silent silver slow small snowy soft solitary sparkling spring starry steady still summer sunny swift tall tidal twilight vast wandering warm white wild windy winter young'.split(
    ' ',
  );
const NOUNS =
  'anchorage arch bank bay beach bluff breeze bridge brook canyon cape causeway cliff cloud coast coral cove creek crossing dale delta dune dusk estuary falls fen field fjord ford forest glade gorge grove harbor haven headland hill inlet island isthmus lagoon lake land ledge marsh meadow moor mountain oasis ocean passage path peak peninsula pier plain plateau pond quay rapids reef ridge river sandbar sea shoal shore spit spring strait stream summit surf tide valley vista wave wharf woods'.split(
    ' ',
  );

/** A name nobody chose: `quiet-harbor-12345`, made from a number from 0 (included) to 1. */
export function nameFrom(random: number): string {
  const spread = Math.floor(random * ADJECTIVES.length * NOUNS.length * 100_000);
  const digits = String(spread % 100_000).padStart(5, '0');
  const words = Math.floor(spread / 100_000);
  const adjective = ADJECTIVES[words % ADJECTIVES.length] ?? 'calm';
  const noun = NOUNS[Math.floor(words / ADJECTIVES.length) % NOUNS.length] ?? 'bay';
  return `${adjective}-${noun}-${digits}`;
}
