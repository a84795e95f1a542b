import { z } from 'zod';

const Variable = z.union([
  z.string().transform((value) => ({ value, required: true, generator: undefined })),
  z
    .object({
      value: z.string().optional(),
      required: z.boolean().default(true),
      generator: z.literal('secret').optional(),
      description: z.string().optional(),
    })
    .transform(({ value, required, generator }) => ({ value, required, generator })),
]);

const Addon = z.union([
  z.string().transform((plan) => ({ plan, as: undefined, options: {} })),
  z
    .object({
      plan: z.string(),
      as: z.string().optional(),
      options: z.record(z.string(), z.unknown()).optional(),
    })
    .transform(({ plan, as, options }) => ({ plan, as, options: options ?? {} })),
]);

/** What an app.json says that matters when an app is made from it. */
export const AppJson = z.object({
  name: z.string().max(30).optional(),
  success_url: z.string().optional(),
  stack: z.string().optional(),
  image: z.string().optional(),
  env: z.record(z.string(), Variable).default({}),
  addons: z.array(Addon).max(20).default([]),
  formation: z
    .record(
      z.string(),
      z.object({ quantity: z.int().min(0).max(100).optional(), size: z.string().optional() }),
    )
    .default({}),
  buildpacks: z
    .array(z.object({ url: z.string() }))
    .max(20)
    .default([]),
  scripts: z
    .object({ postdeploy: z.union([z.string(), z.object({ command: z.string() })]).optional() })
    .default({}),
});
export type AppJson = Readonly<z.infer<typeof AppJson>>;

export type AppJsonReading = { readonly appJson: AppJson } | { readonly faults: readonly string[] };

/** Reads an app.json; every fault of it is told, with its place. */
export function parseAppJson(text: string): AppJsonReading {
  let raw: unknown;
  try {
    raw = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    return {
      faults: [`app.json is not JSON: ${Error.isError(error) ? error.message : String(error)}`],
    };
  }
  const parsed = AppJson.safeParse(raw);
  if (parsed.success) return { appJson: parsed.data };
  return {
    faults: parsed.error.issues.map(
      ({ path, message }) => `app.json ${path.join('.')}: ${message}`,
    ),
  };
}

export interface Environment {
  readonly config: Readonly<Record<string, string>>;
  /** Required, and nobody gave a value. */
  readonly missing: readonly string[];
}

/** The config vars a new app gets: what the caller gave, else app.json's value or a generated secret. */
export function planEnvironment(
  appJson: AppJson,
  given: Readonly<Record<string, string>>,
  makeSecret: () => string,
): Environment {
  const config: Record<string, string> = { ...given };
  const missing: string[] = [];
  for (const [name, variable] of Object.entries(appJson.env)) {
    if (config[name] !== undefined) continue;
    if (variable.value !== undefined) config[name] = variable.value;
    else if (variable.generator === 'secret') config[name] = makeSecret();
    else if (variable.required) missing.push(name);
  }
  return { config, missing };
}
