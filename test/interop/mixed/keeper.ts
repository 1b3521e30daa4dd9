/** A session that lives through whatever happens to single servers, with an ephemeral node and a watch. */
import assert from 'node:assert/strict';
import { ConnectionLossError, ZooKeeper } from '../../../src/client/index.js';

const SESSION_TIMEOUT = 60_000;

/** Asks again when the connection was lost with the question under way: it may be repeated. */
export async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ConnectionLossError)) throw error;
    }
  }
}

export class Keeper {
  private constructor(
    private readonly zk: ZooKeeper,
    private readonly id: bigint,
  ) {}

  static async start(connectString: string): Promise<Keeper> {
    const options = { sessionTimeout: SESSION_TIMEOUT, connectTimeout: 60_000 };
    const zk = await ZooKeeper.connect(connectString, options);
    await zk.create('/kept', 'alive', { mode: 'ephemeral' });
    await zk.create('/watched');
    return new Keeper(zk, zk.sessionId);
  }

  /** A watch that it leaves now fires after `during`, and its ephemeral is there. */
  async through(during: () => Promise<void>): Promise<void> {
    const { zk } = this;
    let told: (type: string) => void = () => undefined;
    const fired = new Promise<string>((resolve) => (told = resolve));
    await patiently(() => zk.getData('/watched', { watcher: ({ type }) => told(type) }));
    await during();
    await patiently(() => zk.setData('/watched', 'changed'));
    assert.equal(await fired, 'NodeDataChanged');
    assert.equal(zk.sessionId, this.id, 'the session is the same');
    const stat = await patiently(() => zk.exists('/kept'));
    assert.equal(stat?.ephemeralOwner, this.id, 'its ephemeral is there');
  }

  close(): Promise<void> {
    return this.zk.close();
  }
}
