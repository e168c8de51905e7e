import { webPool } from 'curvesae';
import { orientation } from './orientation.js';

document.querySelector('#result').textContent = await orientation(webPool);
