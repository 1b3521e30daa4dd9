/** Four-letter words: what an operator asks a server, outside any session. */
import { createConnection } from 'node:net';

/** The whole answer of the server at HOST:PORT. */
export const fourLetterWord = (address: string, word: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const [host = '', port = ''] = address.split(':');
    let answer = '';
    const socket = createConnection({ host, port: Number(port) }, () => socket.write(word));
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('error', reject);
    socket.on('close', () => {
      resolve(answer);
    });
  });

/** `standalone`, `leader`, `follower`, `observer`, `read-only`: the `Mode` of `srvr`; null while it serves nobody. */
export const modeOf = async (address: string): Promise<string | null> =>
  /^Mode: ([\w-]+)$/m.exec(await fourLetterWord(address, 'srvr'))?.[1] ?? null;
