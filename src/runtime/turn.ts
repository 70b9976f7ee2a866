/** Lets other work run between two steps of a long one: messages of a notebook, clicks, signals. */

/** Settles after the event loop has had a turn. Timers would wait 4 ms in a browser, a message does not. */
export function nextTurn(): Promise<void> {
  if (typeof setImmediate === "function") return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    (port1 as unknown as { onmessage: () => void }).onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
