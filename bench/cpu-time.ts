// CPU time of this process, collection of garbage included: what work costs, however busy the machine is otherwise.

/** Microseconds since the process started. */
export function cpuMicroseconds(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
