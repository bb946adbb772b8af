// Several views over real sockets: which answers a client gets depends on where it asks, or on the network it asks from.

import { describe, expect, test } from "vitest";
import { answerTcp, answerUdp, askUdp, type ServerAddress } from "#test/support/dns/clients.ts";
import { FAULTY_WORKER, publish, runDataPlane } from "#test/support/dns/data-plane.ts";
import { buildQuery, readReply } from "#test/support/dns/packets.ts";
import { eventually } from "#test/support/eventually.ts";

/** Of a query that ends the thread: nothing comes back. */
const SILENCE_MS = 300;

const HOME = { apex: "home.test", records: ["app.home.test 60 A 192.0.2.10"] };
const APP = buildQuery({ id: 7, name: "app.home.test" });

async function answersOf(server: ServerAddress): Promise<readonly string[]> {
  return readReply(await answerUdp(server, APP)).answer;
}

describe("views", () => {
  const GUESTS = { apex: "home.test", records: ["app.home.test 60 A 192.0.2.99"] };

  test("an address of a view's own answers that view, whoever asks", async () => {
    const { plane, server } = await runDataPlane([HOME], {
      listen: [
        { address: "127.0.0.1", port: 0 },
        { address: "127.0.0.1", port: 0, view: "guests" },
      ],
    });
    await publish(plane, [GUESTS], "guests");
    const guestServer = plane.addresses()[1];
    expect(await answersOf(server)).toEqual(["app.home.test 60 A 192.0.2.10"]);
    expect(guestServer && (await answersOf(guestServer))).toEqual(["app.home.test 60 A 192.0.2.99"]);
    expect(guestServer && readReply(await answerTcp(guestServer, APP)).answer).toEqual([
      "app.home.test 60 A 192.0.2.99",
    ]);
  });

  test("clients of a view's networks get that view where the address has none", async () => {
    const { plane, server } = await runDataPlane([HOME], {
      clientViews: [
        { view: "others", clients: [{ address: "10.0.0.0", prefixLength: 8, family: "ipv4" }] },
        { view: "guests", clients: [{ address: "127.0.0.0", prefixLength: 8, family: "ipv4" }] },
      ],
    });
    await publish(plane, [GUESTS], "guests");
    expect(await answersOf(server)).toEqual(["app.home.test 60 A 192.0.2.99"]);
  });

  test("a thread started anew has every view", async () => {
    const { plane, server, complaints } = await runDataPlane([HOME], {
      workerFile: FAULTY_WORKER,
      listen: [
        { address: "127.0.0.1", port: 0 },
        { address: "127.0.0.1", port: 0, view: "guests" },
      ],
    });
    await publish(plane, [GUESTS], "guests");
    const guestServer = plane.addresses()[1];
    await askUdp(server, buildQuery({ name: "crash.home.test" }), SILENCE_MS);
    await eventually("the thread ended", () => complaints.includes("dns thread ended unexpectedly"));
    await eventually("another one listens", () => plane.addresses().length === 2);
    expect(await answersOf(server)).toEqual(["app.home.test 60 A 192.0.2.10"]);
    expect(guestServer && (await answersOf(guestServer))).toEqual(["app.home.test 60 A 192.0.2.99"]);
  });
});

test("addresses of the client's own network come first", async () => {
  const records = ["app.home.test 60 A 10.0.0.1", "app.home.test 60 A 127.0.0.9"];
  const { server } = await runDataPlane([{ apex: "home.test", records }], {
    subnets: [{ address: "127.0.0.0", prefixLength: 8, family: "ipv4" }],
  });
  expect(await answersOf(server)).toEqual(["app.home.test 60 A 127.0.0.9", "app.home.test 60 A 10.0.0.1"]);
});
