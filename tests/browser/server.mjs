// Starts the server under test on a free port, and ends exactly that process.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const START_MS = 20_000;
const STOP_MS = 15_000;

/**
 * @param {object} options
 * @param {string} options.data the folder for `--data`
 * @param {string|number} [options.port]
 * @param {string[]} [options.args] further arguments
 * @returns {Promise<{url: string, stop: () => Promise<number|null>}>} `stop` sends SIGTERM and gives the exit code
 */
export async function startServer({ data, port = 0, args = [] }) {
  const program = process.env.TRIREME_SERVER;
  if (!program) throw new Error('TRIREME_SERVER must name the server program');
  const child = spawn(program, ['--port', String(port), '--data', data, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
  const url = await listening(child, exited).catch((error) => {
    child.kill('SIGKILL');
    throw error;
  });
  const stop = async () => {
    const last = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    child.kill('SIGTERM');
    const code = await exited;
    clearTimeout(last);
    return code;
  };
  return { url, stop };
}

function listening(child, exited) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the server did not say where it listens')), START_MS);
    exited.then(
      (code) => (clearTimeout(timer), reject(new Error(`the server ended with ${code} before it listened`))),
    );
    child.once('error', reject);
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /^listening on (http:\/\/\S+)/.exec(line);
      if (found) (clearTimeout(timer), resolve(found[1]));
    });
  });
}
