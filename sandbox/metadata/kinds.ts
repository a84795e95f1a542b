import { KINDS, type Kind } from './kind-table.ts';

export { KINDS, type Kind } from './kind-table.ts';

/** The kind of a file: by the folder it lies in and, where types share one, by its ending. */
export function findKind(path: string): Kind | undefined {
  const [folder = ''] = path.split('/');
  const kinds = KINDS.filter((kind) => kind.folder === folder);
  const ending = endingOf(path);
  return kinds.find(({ suffix }) => suffix === ending) ?? kinds[0];
}

/** The name of the component a file belongs to: of a bundle its folder, else the file without its endings. */
export function memberOf({ type, folder, suffix, inFolder }: Kind, path: string): string {
  const within = path.slice(folder.length + 1).split('/');
  const [first = ''] = within;
  switch (type) {
    // `documents/Folder/logo.png`: the ending is part of the name.
    case 'Document':
      return within.join('/').replace(/-meta\.xml$/, '');
    // `digitalExperiences/site/Home1/…`: the kind of experience is part of the name.
    case 'DigitalExperienceBundle':
      return within.slice(0, 2).join('/');
    // `experiences/Home1.site-meta.xml` lies beside the folder `experiences/Home1`.
    case 'ExperienceBundle':
      return first.replace(/\.site(-meta\.xml)?$/, '');
    // `territory2Models/Model/rules/Rule.territory2Rule`
    case 'Territory2':
    case 'Territory2Rule':
      return `${first}.${withoutEndings(within.at(-1) ?? '')}`;
    default:
      if (suffix === '') return first;
      return withoutEndings(inFolder ? within.join('/') : (within.at(-1) ?? ''));
  }
}

function withoutEndings(name: string): string {
  return name.replace(/-meta\.xml$/, '').replace(/\.[^./]+$/, '');
}

function endingOf(path: string): string {
  return /\.([^./]+)$/.exec(path.replace(/-meta\.xml$/, ''))?.[1] ?? '';
}

export function findKindOfType(type: string): Kind | undefined {
  return KINDS.find((kind) => kind.type === type);
}
