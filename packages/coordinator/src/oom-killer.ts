export interface OomKiller {
  kills(): number | null;
}
export const kernelOomKiller = (): OomKiller => ({ kills: () => null });
