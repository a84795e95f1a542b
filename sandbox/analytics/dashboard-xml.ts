import { z } from 'zod';

import { readXml, rootOf } from '../metadata/envelope.ts';
import { many } from '../metadata/xml-shapes.ts';
import { SalesforceError } from '../salesforce-error.ts';
import type { Layout } from './dashboard-store.ts';
import { COMPONENTS_MAX } from './limits.ts';

const ComponentXml = z.looseObject({
  componentType: z.string().default('Table'),
  report: z.string().optional(),
  header: z.string().nullish(),
  footer: z.string().nullish(),
  title: z.string().nullish(),
});
const Section = z.looseObject({
  columnSize: z.string().default('Medium'),
  components: many(ComponentXml),
});
const DashboardXml = z.looseObject({
  title: z.string(),
  description: z.string().nullish(),
  dashboardType: z.enum(['SpecifiedUser', 'LoggedInUser', 'MyTeamUser']).default('SpecifiedUser'),
  leftSection: Section.optional(),
  middleSection: Section.optional(),
  rightSection: Section.optional(),
  dashboardGridLayout: z
    .looseObject({
      numberOfColumns: z.coerce.number().int(),
      rowHeight: z.coerce.number().int(),
      dashboardGridComponents: many(
        z.looseObject({
          colSpan: z.coerce.number().int(),
          columnIndex: z.coerce.number().int(),
          rowIndex: z.coerce.number().int(),
          rowSpan: z.coerce.number().int(),
          dashboardComponent: ComponentXml,
        }),
      ),
    })
    .optional(),
  dashboardFilters: many(z.unknown()),
});

/** A component shows one report; null where the file names none (an s-control, a page). */
export interface DashboardPart {
  readonly report: string | null;
  readonly visualization: string;
  readonly header: string | null;
  readonly footer: string | null;
  readonly title: string | null;
}

export interface DashboardFile {
  readonly name: string;
  readonly description: string | null;
  readonly dashboardType: string;
  readonly parts: readonly DashboardPart[];
  readonly layout: Layout;
}

/** A dashboard's file. @throws SalesforceError for one that is malformed, or has what this org has not */
export function readDashboard(text: string): DashboardFile {
  const parsed = DashboardXml.safeParse(rootOf(readXml(text), 'Dashboard'));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new SalesforceError(
      'INVALID_INPUT',
      `The dashboard is malformed: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
    );
  }
  const file = parsed.data;
  if (file.dashboardFilters.length > 0) {
    throw new SalesforceError(
      'NOT_IMPLEMENTED',
      'The sandbox org does not implement dashboard filters',
    );
  }
  const { parts, layout } = placed(file);
  if (parts.length > COMPONENTS_MAX)
    throw new SalesforceError(
      'INVALID_INPUT',
      `A dashboard has at most ${COMPONENTS_MAX} components`,
    );
  return {
    name: file.title,
    description: file.description ?? null,
    dashboardType: file.dashboardType,
    parts,
    layout,
  };
}

function placed(file: z.infer<typeof DashboardXml>): Pick<DashboardFile, 'parts' | 'layout'> {
  const grid = file.dashboardGridLayout;
  if (grid !== undefined) {
    return {
      parts: grid.dashboardGridComponents.map((item) => partOf(item.dashboardComponent)),
      layout: {
        gridLayout: true,
        numColumns: grid.numberOfColumns,
        rowHeight: grid.rowHeight,
        components: grid.dashboardGridComponents.map((item) => ({
          colspan: item.colSpan,
          column: item.columnIndex,
          row: item.rowIndex,
          rowspan: item.rowSpan,
        })),
      },
    };
  }
  const sections = [file.leftSection, file.middleSection, file.rightSection].flatMap(
    (section) => section ?? [],
  );
  let next = 0;
  const columns = sections.map(({ components }) => ({
    components: components.map(() => next++),
  }));
  const parts = sections.flatMap(({ components }) => components.map(partOf));
  return { parts, layout: { gridLayout: false, columns } };
}

function partOf(component: z.infer<typeof ComponentXml>): DashboardPart {
  return {
    report: component.report ?? null,
    visualization: component.componentType,
    header: component.header ?? null,
    footer: component.footer ?? null,
    title: component.title ?? null,
  };
}
