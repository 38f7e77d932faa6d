// The same worker, as Vercel's edge runtime takes it.
import worker from './worker.mjs'

addEventListener('fetch', (event) => event.respondWith(worker.fetch(event.request)))
