// Everything in one worker of the page's own: it starts the workers of the pool itself.
const worker = new Worker(new URL('./job.js', import.meta.url), { type: 'module' });
worker.onmessage = ({ data }) => {
  document.querySelector('#result').textContent = data;
};
