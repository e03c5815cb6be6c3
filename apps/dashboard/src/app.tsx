import type { History, ResultInfo, Snapshot, Work } from '@holdfast/dashboard';
import { useEffect, useState } from 'preact/hooks';
import type { Source } from './data/source.js';
import { MapSection } from './map/map-section.js';
import { Masthead } from './run/masthead.js';
import { Processes } from './run/processes.js';
import { Quarantine } from './run/quarantine.js';
import { Shards } from './run/shards.js';
import { Story } from './run/story.js';
import { Throughput } from './run/throughput.js';

const NOTHING: History = { checkpoints: [], commands: [], incidents: [], at_least: false, throughput: null };

export function App({ source }: { source: Source }) {
  const [snapshot, setSnapshot] = useState<Snapshot | null>(null);
  const [history, setHistory] = useState(NOTHING);
  const [work, setWork] = useState<Work | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const [result, setResult] = useState<ResultInfo | null>(null);

  useEffect(() => {
    source.listen({ snapshot: setSnapshot, history: setHistory, work: setWork, trouble: setTrouble });
  }, [source]);

  const state = snapshot?.status.state;
  useEffect(() => {
    if (state !== 'complete') return setResult(null);
    source.result().then(setResult, (error: Error) => setTrouble(error.message));
  }, [source, state]);

  const dir = snapshot?.status.dir;
  useEffect(() => {
    if (dir !== undefined) document.title = `${dir} · Holdfast`;
  }, [dir]);

  if (snapshot === null)
    return (
      <main class="page">
        {trouble === null ? <p class="quiet">Reading the run …</p> : <Alert text={trouble} />}
      </main>
    );
  const { status, memory } = snapshot;
  return (
    <main class="page">
      {trouble !== null && <Alert text={trouble} />}
      <Masthead status={status} made={state === 'complete' ? null : source.made} />
      {result !== null && <MapSection key={result.id} source={source} info={result} work={work} />}
      <Throughput history={history} status={status} />
      <Shards status={status} />
      <Story history={history} status={status} />
      <Processes status={status} memory={memory} />
      <Quarantine source={source} status={status} />
    </main>
  );
}

function Alert({ text }: { text: string }) {
  return (
    <p class="alert" role="alert">
      {text}
    </p>
  );
}
