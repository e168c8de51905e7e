import { command } from '../command.js';
export default command({ summary: '', usage: '', flags: {}, run: async () => 0 });
