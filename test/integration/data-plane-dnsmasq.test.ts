// dnsmasq, which a UniFi console runs, forwards one zone to us as it does in a home: what clients behind it get.

import { type ChildProcess, spawn } from "node:child_process";
import { expect, onTestFinished, test } from "vitest";
import { answerTcp, answerUdp, askUdp, type ServerAddress } from "#test/support/dns/clients.ts";
import { runDataPlane } from "#test/support/dns/data-plane.ts";
import { buildQuery, readReply } from "#test/support/dns/packets.ts";
import { eventually } from "#test/support/eventually.ts";
import { freeUdpPort } from "#test/support/free-port.ts";
import { describeWithPeer } from "#test/support/peers.ts";

const HOME = {
  apex: "home.test",
  records: [
    "app.home.test 60 A 192.168.1.10",
    ...Array.from({ length: 60 }, (_, host) => `large.home.test 60 A 10.0.0.${host}`),
  ],
};

describeWithPeer("dnsmasq", "behind dnsmasq as conditional forwarder", (dnsmasq) => {
  async function forwarder(): Promise<ServerAddress> {
    const { server } = await runDataPlane([HOME]);
    return startDnsmasq(dnsmasq, server);
  }

  async function ask(server: ServerAddress, name: string, type: string) {
    return readReply(await answerUdp(server, buildQuery({ name, type, flags: RECURSION_DESIRED })));
  }

  test("an address is found", async () => {
    const reply = await ask(await forwarder(), "app.home.test", "A");
    expect(reply).toMatchObject({ rcode: "NOERROR", answer: ["app.home.test 60 A 192.168.1.10"] });
  });

  test("a type that the name lacks is NODATA, not NXDOMAIN", async () => {
    const server = await forwarder();
    expect(await ask(server, "app.home.test", "AAAA")).toMatchObject({ rcode: "NOERROR", answer: [] });
  });

  test("a TXT query for a name with addresses does not hide its addresses", async () => {
    const server = await forwarder();
    expect(await ask(server, "app.home.test", "TXT")).toMatchObject({ rcode: "NOERROR", answer: [] });
    expect(await ask(server, "app.home.test", "A")).toMatchObject({ answer: ["app.home.test 60 A 192.168.1.10"] });
  });

  test("a missing name is NXDOMAIN, also from the cache", async () => {
    const server = await forwarder();
    expect(await ask(server, "none.home.test", "A")).toMatchObject({ rcode: "NXDOMAIN" });
    expect(await ask(server, "none.home.test", "AAAA")).toMatchObject({ rcode: "NXDOMAIN" });
  });

  test("an answer too large for UDP comes truncated, and whole over TCP", async () => {
    const server = await forwarder();
    const query = buildQuery({ name: "large.home.test", flags: RECURSION_DESIRED });
    expect(readReply(await answerUdp(server, query)).flags).toContain("tc");
    expect(readReply(await answerTcp(server, query)).answer).toHaveLength(60);
  });
});

const RECURSION_DESIRED = 0x0100;

/** Tries another port when somebody took the first in the meantime, for TCP perhaps, and dnsmasq ended. */
async function startDnsmasq(program: string, upstream: ServerAddress): Promise<ServerAddress> {
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    const address = await tryDnsmasq(program, upstream);
    if (address !== undefined) return address;
  }
  throw new Error("dnsmasq found no free port");
}

async function tryDnsmasq(program: string, upstream: ServerAddress): Promise<ServerAddress | undefined> {
  const address = { address: "127.0.0.1", port: await freeUdpPort() };
  const child = spawn(program, [
    "--keep-in-foreground",
    "--conf-file=/dev/null",
    "--no-resolv",
    "--no-hosts",
    "--user=",
    "--group=",
    "--pid-file=",
    "--bind-interfaces",
    `--listen-address=${address.address}`,
    `--port=${address.port}`,
    `--server=/home.test/${upstream.address}#${upstream.port}`,
  ]);
  onTestFinished(() => ended(child));
  const probe = buildQuery({ name: "home.test", type: "SOA", flags: RECURSION_DESIRED });
  const state = await eventually("dnsmasq answers or ends", async () => {
    if (child.exitCode !== null) return "ended";
    return (await askUdp(address, probe, 200)) !== undefined && "answers";
  });
  return state === "answers" ? address : undefined;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = new Promise((resolve) => child.once("exit", resolve));
  child.kill();
  await exit;
}
