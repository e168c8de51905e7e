import { webPool } from 'curvesae';
import { orientation } from './orientation.js';

orientation(webPool).then((line) => postMessage(line));
