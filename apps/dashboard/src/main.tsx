import { render } from 'preact';
import { App } from './app.js';
import { liveSource } from './data/live-source.js';
import { staticSource } from './data/static-source.js';
import './style/page.css';
import './style/map.css';

// The token has done its work: the cookie has it. Nobody should copy it with the address.
if (location.search !== '' && location.protocol.startsWith('http'))
  history.replaceState(null, '', location.pathname + location.hash);

render(<App source={staticSource() ?? liveSource()} />, document.getElementById('app')!);
