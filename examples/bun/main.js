import { webPool } from 'curvesae';
import { orientation } from './orientation.js';

console.log(await orientation(webPool));
