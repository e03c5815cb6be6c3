// The changelog, from the notes in `.changeset/`.
// usage: node changelog.mjs              checks the notes and shows the next entry
//        node changelog.mjs --release    writes it, raises the versions and removes the notes
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LEVELS = ['patch', 'minor', 'major'];
const HEADINGS = { major: 'Breaking', minor: 'New', patch: 'Fixed' };

/**
 * @param {string} file the note's name, for errors
 * @param {string} text
 * @param {ReadonlySet<string>} packages existing names
 * @returns {{ level: string, packages: string[], text: string }}
 */
export function parseNote(file, text, packages) {
  const [, head, body] = /^---\n(.+?)\n---\n(.+)$/s.exec(text) ?? [];
  if (body === undefined || body.trim() === '')
    throw new Error(`${file}: a note is '---', its packages, '---', and a text`);
  const named = head.split('\n').map((line) => {
    const [, name, level] = /^["']?(@[\w/-]+)["']?: (\w+)$/.exec(line) ?? [];
    if (!packages.has(name)) throw new Error(`${file}: ${line}: no public package has that name`);
    if (!LEVELS.includes(level)) throw new Error(`${file}: ${line}: take ${LEVELS.join(', ')}`);
    return { name, level };
  });
  const level = LEVELS[Math.max(...named.map(({ level }) => LEVELS.indexOf(level)))];
  return { level, packages: named.map(({ name }) => name), text: body.trim().replaceAll('\n', '\n  ') };
}

/** The next version. Below 1.0.0 a breaking change raises the second number, anything else the third. */
export function nextVersion(version, level) {
  const numbers = version.split('.').map(Number);
  const at = 2 - LEVELS.indexOf(level);
  const raised = numbers[0] === 0 ? Math.min(2, at + 1) : at;
  return numbers.map((number, i) => (i < raised ? number : i === raised ? number + 1 : 0)).join('.');
}

/** @param {ReturnType<typeof parseNote>[]} notes */
export function entryOf(notes, version) {
  const parts = [...LEVELS].reverse().flatMap((level) => {
    const lines = notes
      .filter((note) => note.level === level)
      .map(({ packages, text }) => `- ${text} (${packages.map((name) => name.slice(10)).join(', ')})`);
    return lines.length === 0 ? [] : [`### ${HEADINGS[level]}\n\n${lines.join('\n')}\n`];
  });
  return `## ${version}\n\n${parts.join('\n')}`;
}

function main(release) {
  const manifests = ['packages', 'apps']
    .flatMap((top) => readdirSync(join(ROOT, top)).map((name) => join(ROOT, top, name, 'package.json')))
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }))
    .map((each) => ({ ...each, ...JSON.parse(each.text) }))
    .filter((each) => !each.private);
  const names = new Set(manifests.map(({ name }) => name));
  const folder = join(ROOT, '.changeset');
  const files = readdirSync(folder).filter((name) => name.endsWith('.md') && name !== 'README.md');
  if (files.length === 0) return console.log('no notes: nothing to release');
  const notes = files.sort().map((file) => parseNote(file, readFileSync(join(folder, file), 'utf8'), names));
  const level = LEVELS[Math.max(...notes.map((note) => LEVELS.indexOf(note.level)))];
  const [{ version: old }] = manifests;
  const version = nextVersion(old, level);
  const entry = entryOf(notes, version);
  console.log(entry);
  if (!release) return;
  for (const { path, text, version: of } of manifests)
    writeFileSync(path, text.replace(`"version": "${of}"`, `"version": "${version}"`));
  const changelog = join(ROOT, 'CHANGELOG.md');
  const lines = readFileSync(changelog, 'utf8');
  const at = lines.indexOf('\n## ') + 1 || lines.length;
  const before = lines.slice(0, at).trimEnd();
  writeFileSync(changelog, `${before}\n\n${`${entry}\n${lines.slice(at)}`.trimEnd()}\n`);
  for (const file of files) rmSync(join(folder, file));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    main(process.argv.includes('--release'));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
