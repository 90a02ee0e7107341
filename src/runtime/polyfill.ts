/** Promise.withResolvers (ES2024) for Node.js 20: libp2p 3 calls it. Import this before any module of libp2p. */
if (!Object.hasOwn(Promise, 'withResolvers')) Object.assign(Promise, { withResolvers })

function withResolvers<Value> (): PromiseWithResolvers<Value> {
  let resolve!: PromiseWithResolvers<Value>['resolve']
  let reject!: PromiseWithResolvers<Value>['reject']
  const promise = new Promise<Value>((...functions) => { [resolve, reject] = functions })
  return { promise, resolve, reject }
}

export {}
