export { statusByCode } from './error-status.js'
export { type HttpOptions, httpOptionsDefault } from './options.js'
export { type HttpAddress, HttpListenError, HttpServer, createHttpServer } from './server.js'
