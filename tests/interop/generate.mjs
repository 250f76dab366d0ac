// Generates protobuf-es code from our .proto files with protoc, into a temporary folder.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const here = path.dirname(fileURLToPath(import.meta.url));
const modules = path.join(here, 'node_modules');
const ours = ['../../proto/api', '../../services/api'].map((folder) => path.resolve(here, folder));

/** The folders that hold .proto files: TRIREME_PROTO_PATHS, separated by colons, or those of the tree. */
export const protoPaths = process.env.TRIREME_PROTO_PATHS?.split(':').filter(Boolean) ?? ours;

/**
 * @param {string[]} files as in an import statement
 * @param {string[]} [paths] where they are
 * @returns {Promise<{load: (file: string) => Promise<object>, remove: () => Promise<void>}>} `load` imports what was
 *   generated for one of the files
 */
export async function generate(files, paths = protoPaths) {
  const out = await mkdtemp(path.join(tmpdir(), 'trireme-es-'));
  await symlink(modules, path.join(out, 'node_modules'));
  await writeFile(path.join(out, 'package.json'), '{"type":"module"}');
  const plugin = path.join(modules, '.bin', 'protoc-gen-es');
  await promisify(execFile)(
    process.env.PROTOC ?? 'protoc',
    [
      ...paths.map((folder) => `-I${folder}`),
      `--plugin=protoc-gen-es=${plugin}`,
      `--es_out=${out}`,
      '--es_opt=target=js,import_extension=js',
      ...files,
    ],
    { timeout: 30_000 },
  );
  const load = (file) => import(pathToFileURL(path.join(out, file.replace(/\.proto$/, '_pb.js'))).href);
  return { load, remove: () => rm(out, { recursive: true, force: true }) };
}

/** The same for one .proto given as text. */
export async function generateText(name, text) {
  const folder = await mkdtemp(path.join(tmpdir(), 'trireme-proto-'));
  try {
    await writeFile(path.join(folder, name), text);
    return await generate([name], [folder]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
