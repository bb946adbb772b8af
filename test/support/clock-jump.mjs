// Loaded into a process of ours with --import: at each SIGUSR2 its monotonic clock leaps on, so that what waits for half a
// minute to pass can be seen at once. Timers are left as they are.

const LEAP_MS = 31_000;

const realNow = performance.now.bind(performance);
let leaptMs = 0;
performance.now = () => realNow() + leaptMs;
process.on("SIGUSR2", () => {
  leaptMs += LEAP_MS;
});
