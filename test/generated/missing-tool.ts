/** A tool of a client is not installed on this machine, or cannot be downloaded. */
export class MissingTool extends Error {}

const OUT_OF_REACH =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|E404|Unknown host|Could not resolve|Could not transfer artifact|spurious network error/i;

/** Runs a command that downloads from a registry, which may be unreachable. @throws MissingTool in that case */
export async function fetched<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: Error & { stdout?: string; stderr?: string; code?: unknown }) => {
    const output = `${error.message}\n${error.stdout ?? ''}\n${error.stderr ?? ''}`;
    if (error.code === 'ENOENT') throw new MissingTool(`${error.message}: it is not installed`);
    const [line] = output.split('\n').filter((each) => OUT_OF_REACH.test(each));
    if (line !== undefined) throw new MissingTool(`its packages cannot be fetched (${line.trim()})`);
    throw error;
  });
}
