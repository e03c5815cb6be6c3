import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { install, packAll, packages, root } from '../src/project.js';

// What is tested is what ships: each package is packed and installed with npm in an empty project with nothing else.

let tarballs: string;
// Declarations take minutes if they are not there yet.
const PATIENCE_MS = 900_000;
beforeAll(() => {
  tarballs = packAll();
}, PATIENCE_MS);

describe.each(packages)('$name, installed alone', (each) => {
  let project: string;
  let folder: string;
  beforeAll(() => {
    project = install(each, tarballs);
    folder = join(project, 'node_modules', each.name);
  });

  /** Runs a program in the project; what it printed, once it has ended with 0. */
  function output(command: string, ...args: string[]): string {
    const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: project, encoding: 'utf8' });
    expect(status, `${error ?? ''}${stdout}${stderr}`).toBe(0);
    return stdout;
  }

  test('has its licence, README and build, no sources or tests, and source maps that are whole', () => {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name).slice(folder.length + 1))
      .filter((file) => !file.startsWith('node_modules/'));
    expect(files).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts']),
    );
    const foreign = /^(src|test)\/|\.test\.|\.tsbuildinfo$|(?<!\.d)\.c?ts$|^tsconfig/;
    expect(files.filter((file) => foreign.test(file))).toEqual([]);

    for (const file of files.filter((file) => /^dist\/.*\.c?js$/.test(file))) {
      const link = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(readFileSync(join(folder, file), 'utf8'))?.[1];
      expect(link, `${file} names its map`).toBeDefined();
      const map = JSON.parse(readFileSync(join(folder, dirname(file), link!), 'utf8'));
      // The sources themselves are not shipped, so their text has to be in the map.
      expect(map.sourcesContent?.map((text: unknown) => typeof text) ?? []).toEqual(
        map.sources.map(() => 'string'),
      );
    }
    const maps = files.filter((file) => file.endsWith('.map'));
    expect(maps.filter((file) => !files.includes(file.slice(0, -'.map'.length)))).toEqual([]);
  });

  test('works as in its README', () => {
    const example = /```js\n([\s\S]*?)```/.exec(readFileSync(join(folder, 'README.md'), 'utf8'))?.[1];
    expect(example, 'the README has a js example').toBeDefined();
    writeFileSync(join(project, 'example.mjs'), example!);
    expect(output(process.execPath, 'example.mjs')).not.toBe('');
  });

  const flags =
    '--noEmit --strict --module nodenext --target es2022 --lib es2023,esnext.disposable --types node';
  const typescript = join(root, 'node_modules/typescript/bin/tsc');
  /** A file of a consumer for each sub-path: what TypeScript reads, and by its name which of both ways of loading it is for. */
  const importing = (entry: string) => `imports${each.entries.indexOf(entry)}.ts`;
  const requiring = (entry: string) => `requires${each.required.indexOf(entry)}.cts`;
  const specifierOf = (entry: string) => each.name + entry.slice(1);
  const names = 'export const names: string[] = Object.keys(it);\n';

  /** What the compiler says of all these files, by file: one compiler for all, since each reads the types of Node anew. */
  let said: { ended: boolean; lines: string[] };
  beforeAll(() => {
    for (const entry of each.entries)
      writeFileSync(
        join(project, importing(entry)),
        `import * as it from '${specifierOf(entry)}';\n${names}`,
      );
    for (const entry of each.required)
      writeFileSync(
        join(project, requiring(entry)),
        `import it = require('${specifierOf(entry)}');\n${names}`,
      );
    const files = [...each.entries.map(importing), ...each.required.map(requiring)];
    const args = [typescript, ...flags.split(' '), ...files];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: project, encoding: 'utf8' });
    said = { ended: status !== null, lines: `${stdout}${stderr}`.split('\n').filter(Boolean) };
  });

  /** Fails with what the compiler says of a file, or of what is none of the others, such as a package's own types. */
  function expectTypes(file: string): void {
    const others = said.lines.filter((line) => !/^(imports|requires)\d+\.c?ts\(/.test(line));
    expect(said.ended).toBe(true);
    expect([...said.lines.filter((line) => line.startsWith(`${file}(`)), ...others]).toEqual([]);
  }

  test.each(each.entries)('can be imported by %s, with types', (entry) => {
    expectTypes(importing(entry));
    const source = `import * as it from '${specifierOf(entry)}';\nconsole.log(Object.keys(it).length);\n`;
    writeFileSync(join(project, 'consumer.mjs'), source);
    expect(Number(output(process.execPath, 'consumer.mjs'))).toBeGreaterThan(0);
  });

  test.each(each.required)('can be required by %s, with types', (entry) => {
    expectTypes(requiring(entry));
    const specifier = specifierOf(entry);
    writeFileSync(
      join(project, 'consumer.cjs'),
      `console.log(Object.keys(require('${specifier}')).length);\n`,
    );
    const imported = `console.log(Object.keys(await import('${specifier}')).length);\n`;
    writeFileSync(join(project, 'imported.mjs'), imported);
    expect(output(process.execPath, 'consumer.cjs')).toBe(output(process.execPath, 'imported.mjs'));
  });

  const encoder = join(each.folder, 'test/fixtures/dna_encoder');
  test.runIf(existsSync(encoder))('makes the tokens of a tokenizer in its thread', () => {
    const source = `import { loadModel, resolveModel } from '${each.name}';
      const model = await loadModel(await resolveModel(${JSON.stringify(encoder)}));
      const [one, two] = await Promise.all([model.embed([Buffer.from('ACGTTGCA')]), model.embed([Buffer.from('ACGTTGCA')])]);
      console.log(one.length === model.source.dim && Buffer.from(one.buffer).equals(Buffer.from(two.buffer)));
      await model.release();`;
    writeFileSync(join(project, 'tokens.mjs'), source);
    expect(output(process.execPath, 'tokens.mjs')).toBe('true\n');
  });

  /** What each command is seen to do. */
  const atWork: Readonly<Record<string, [does: string, see: (command: string) => void]>> = {
    holdfast: [
      'embeds',
      (command) => {
        writeFileSync(join(project, 'tiny.fa'), '>a first\nACGTACGTAA\n>b\nGGGGCCCCTT\n');
        output(command, 'embed', 'tiny.fa', '--out', 'out', '--workers', '1');
        expect(readFileSync(join(project, 'out/ids.txt'), 'utf8')).toBe('a\nb\n');
        expect(existsSync(join(project, 'out/embeddings.safetensors'))).toBe(true);
        expect(existsSync(join(folder, 'man/holdfast.1'))).toBe(true);
      },
    ],
    'pt-inspect': [
      'shows a file',
      (command) => {
        const file = join(root, 'packages/pt-serializer/test/fixtures/bare_tensor.pt');
        expect(JSON.parse(output(command, '--json', file))).toMatchObject({ file, ok: true });
      },
    ],
  };

  test.each(each.commands.map((command) => [command, ...atWork[command]!] as const))(
    'has a command %s that %s',
    (command, _, see) => see(join(project, 'node_modules/.bin', command)),
  );
});

describe('the whole command as one tarball', () => {
  /** As docs/install.md says. */
  const INSTALL = ['install', '-g', '--ignore-scripts'];

  test('is installed with npm alone, and embeds', () => {
    const place = mkdtempSync(join(tmpdir(), 'global-'));
    const run = (command: string, ...args: string[]) => {
      const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: place, encoding: 'utf8' });
      expect(status, `${error ?? ''}${stdout}${stderr}`).toBe(0);
      return stdout;
    };
    const bundle = join(root, 'tooling/packed/src/bundle.mjs');
    const tarball = run(process.execPath, bundle, '--to', place, '--tarballs', tarballs).trim();
    const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
    run('npm', ...INSTALL, ...quiet, '--prefix', place, tarball);
    writeFileSync(join(place, 'tiny.fa'), '>a first\nACGTACGTAA\n>b\nGGGGCCCCTT\n');
    const command = join(place, 'bin/holdfast');
    run(command, 'embed', 'tiny.fa', '--out', 'out', '--workers', '1');
    expect(readFileSync(join(place, 'out/ids.txt'), 'utf8')).toBe('a\nb\n');
    expect(run(command, 'verify', 'out')).toContain('out is whole');
    if (process.platform !== 'win32') expect(existsSync(join(place, 'share/man/man1/holdfast.1'))).toBe(true);
    // Written in docs/install.md.
    expect(readFileSync(join(root, 'docs/install.md'), 'utf8')).toContain(`npm ${INSTALL.join(' ')} `);
  });
});
